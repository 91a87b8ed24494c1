// How the tasks of a step come to be: their descriptors are opened with the user's rights, each is forked into the step's group,
// becomes the user and runs the program. Whatever fails is told as stage + errno + path.
#ifndef STINT_LAUNCH_H
#define STINT_LAUNCH_H
#include "wire.h"
#include "binding.h"

// ---- descriptors of the tasks, opened with the user's rights ----

// Effective ids only: the real and saved ids stay root's, so the user can neither signal nor trace this process meanwhile.
static int become(uid_t uid, gid_t gid, size_t n, const gid_t *groups)
{
    if (uid == 0) return seteuid(0) || setegid(gid) || setgroups(n, groups);
    return setgroups(n, groups) || setegid(gid) || seteuid(uid);
}

// A task's descriptors are opened outside its group, where no device filter holds: what is no terminal and none of null, zero, full, random and
// urandom would come into the job with an --output or --input of its user's choice.
static int is_plain(dev_t device)
{
    unsigned a = major(device), b = minor(device);
    return (a == 1 && (b == 3 || b == 5 || b == 7 || b == 8 || b == 9)) || (a == 5 && b == 0) || (a >= 136 && a <= 143);
}

static int open_file(const struct stream *s, int input)
{
    int mode = input ? O_RDONLY : O_WRONLY | O_CREAT | (job.append ? O_APPEND : O_TRUNC);
    struct stat st;
    int fd = open(s->path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);      // O_NONBLOCK: a FIFO without a reader fails, it does not hang
    if (fd < 0) return -1;
    if (fstat(fd, &st) < 0) { int error = errno; close(fd); errno = error; return -1; }
    if (S_ISDIR(st.st_mode)) { close(fd); errno = EISDIR; return -1; }
    if ((S_ISCHR(st.st_mode) && !is_plain(st.st_rdev)) || S_ISBLK(st.st_mode)) { close(fd); errno = EPERM; return -1; }
    fcntl(fd, F_SETFL, mode & O_APPEND);
    return fd;
}

static int open_pipe(struct stream *s, int input)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    s->mine = ends[input ? 1 : 0];
    fcntl(s->mine, F_SETFL, O_NONBLOCK);
    return ends[input ? 0 : 1];
}

static int open_tty(struct stream *s)
{
    struct winsize size = { .ws_row = (unsigned short)job.rows, .ws_col = (unsigned short)job.columns };
    s->mine = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (s->mine < 0 || unlockpt(s->mine) < 0) return -1;
    ioctl(s->mine, TIOCSWINSZ, &size);
    return ioctl(s->mine, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void open_streams(void)
{
    static const char *const stage[] = { "stdin", "stdout", "stderr" };
    for (uint32_t i = 0; i < job.ntasks * 3; i++) {
        struct stream *s = &job.tasks[i / 3].io[i % 3];
        int input = i % 3 == 0;
        switch (s->kind) {
        case IO_NULL: s->child = open("/dev/null", O_RDWR | O_CLOEXEC); break;
        case IO_FILE: s->child = open_file(s, input); break;
        case IO_PIPE: s->child = open_pipe(s, input); break;
        case IO_TTY:  s->child = open_tty(s); break;
        default:      s->child = job.tasks[s->same / 3].io[s->same % 3].child;
        }
        if (s->child < 0) { fail(stage[i % 3], errno, s->path); return; }
    }
}

static void open_as_user(void)
{
    if (become(job.uid, job.gid, job.ngroups, job.groups)) fail("credentials", errno, "");
    mode_t before = umask(job.mask);
    if (!(flags & NOT_STARTED) && chdir(job.work_dir) < 0) fail("chdir", errno, job.work_dir);
    if (!(flags & NOT_STARTED)) open_streams();
    umask(before);
    if (become(0, 0, 0, NULL)) _exit(71);
    const struct stream *s = job.ntasks ? &job.tasks[0].io[2] : NULL;
    while (s && s->kind == IO_SAME) s = &job.tasks[s->same / 3].io[s->same % 3];
    if (s && s->kind == IO_FILE) message_fd = fcntl(s->child, F_DUPFD_CLOEXEC, 3);
}

// ---- a task, between fork and exec ----

static void set_limits(const struct task *t)
{
    for (uint32_t i = 0; i < job.nlimits; i++) {
        struct rlimit r;
        if (getrlimit((__rlimit_resource_t)job.limits[i].resource, &r) < 0) stop(t, "rlimit", "");
        r.rlim_cur = job.limits[i].soft < r.rlim_max ? job.limits[i].soft : r.rlim_max;
        // SIGXCPU can be caught and the soft limit be raised again: some seconds later the kernel kills.
        if (job.limits[i].resource == RLIMIT_CPU && r.rlim_cur < r.rlim_max && r.rlim_max - r.rlim_cur > CPU_GRACE_S) r.rlim_max = r.rlim_cur + CPU_GRACE_S;
        struct rlimit back;
        if (setrlimit((__rlimit_resource_t)job.limits[i].resource, &r) < 0 || getrlimit((__rlimit_resource_t)job.limits[i].resource, &back) < 0) stop(t, "rlimit", "");
        if (back.rlim_cur != r.rlim_cur) { errno = ERANGE; stop(t, "rlimit", ""); }
    }
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);      // a daemon's protection is not for its jobs
    char text[16] = "";
    if (fd >= 0 && read(fd, text, sizeof text - 1) > 0 && atoi(text) != 0 && pwrite(fd, "0", 1, 0) < 0 && atoi(text) < 0) stop(t, "oom_score_adj", "");
    if (fd >= 0) close(fd);
}

static void exec_program(char **env)
{
    const char *name = job.args[0], *path = "/usr/local/bin:/usr/bin:/bin";
    char full[4096];
    int error = ENOENT;
    if (strchr(name, '/')) { execve(name, job.args, env); return; }
    for (char **e = env; *e; e++) if (!strncmp(*e, "PATH=", 5)) path = *e + 5;
    for (const char *at = path; *name && at; at = *at ? at + 1 : NULL) {
        size_t n = strcspn(at, ":");
        if (snprintf(full, sizeof full, "%.*s%s%s", (int)n, at, n ? "/" : "./", name) < (int)sizeof full) {
            execve(full, job.args, env);
            // A folder that may not be entered hides nothing; only a file that is there and may not be run is an answer.
            struct stat there;
            if (errno != ENOENT && errno != ENOTDIR && (errno != EACCES || stat(full, &there) == 0)) error = errno;
            if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
        }
        at += n;
    }
    errno = error;
}

static _Noreturn void run_task(struct task *t)
{
    sigset_t none;
    char pid[40], text[512];
    for (uint32_t i = 0; i < job.nprocs; i++) {                         // before anything is touched: every page is charged to the step
        int fd = open(job.procs[i], O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) < 0) stop(t, "cgroup", job.procs[i]);
        close(fd);
    }
    if (setsid() < 0) stop(t, "setsid", "");
    for (int k = 0; k < 3; k++) if (dup2(t->io[k].child, k) < 0) stop(t, "dup2", "");
    if (t->io[0].kind == IO_TTY && ioctl(0, TIOCSCTTY, 0) < 0) stop(t, "terminal", "");
    set_limits(t);
    bind_task(t);
    if (setgroups(job.ngroups, job.groups) < 0) stop(t, "setgroups", "");
    if (setresgid(job.gid, job.gid, job.gid) < 0) stop(t, "setgid", "");
    if (setresuid(job.uid, job.uid, job.uid) < 0) stop(t, "setuid", "");
    uid_t r, e, s;
    if (getresuid(&r, &e, &s) < 0 || r != job.uid || e != job.uid || s != job.uid || (job.uid && setuid(0) == 0)) { errno = EPERM; stop(t, "setuid", ""); }
    umask(job.mask);
    // The call itself: the C library keeps signals 32 and 33 from its callers, also when they were inherited as ignored.
    static const unsigned long by_default[4];
    for (long i = 1; i < NSIG; i++) syscall(SYS_rt_sigaction, i, by_default, NULL, 8L);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) < 0) stop(t, "close_range", "");
    char **env = room((size_t)job.nenv + t->nenv, sizeof *env);
    memcpy(env, job.env, job.nenv * sizeof *env);
    memcpy(env + job.nenv, t->env, t->nenv * sizeof *env);
    snprintf(pid, sizeof pid, "SLURM_TASK_PID=%d", (int)getpid());
    for (char **v = env; *v; v++) if (!strncmp(*v, pid, 15)) *v = pid;
    // Another thread of the agent may just be starting a program and still hold the script open for writing: that passes within milliseconds.
    for (int i = 0; i < 200; i++) { exec_program(env); if (errno != ETXTBSY) break; nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL); }
    int error = errno, n = snprintf(text, sizeof text, "%s%.300s: %s\n", job.exec_prefix, job.args[0], strerror(error));
    if (write(2, text, (size_t)(n < (int)sizeof text ? n : (int)sizeof text - 1)) < 0) n = 0;
    errno = error;
    stop(t, "execve", job.args[0]);
}

static void start_tasks(void)
{
    for (uint32_t i = 0; i < job.ntasks && !(flags & NOT_STARTED); i++) {
        struct task *t = &job.tasks[i];
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0) { fail("pipe", errno, ""); break; }
        t->report = ends[1];
        t->pid = fork();
        if (t->pid == 0) run_task(t);
        int error = errno;
        close(ends[1]);
        t->report = ends[0];
        if (t->pid < 0) { fail("fork", error, ""); break; }
        t->live = 1;
        live++;
    }
    for (uint32_t i = 0; i < job.ntasks; i++) {
        struct task *t = &job.tasks[i];
        struct failure f;
        if (t->report < 0) continue;
        while (read(t->report, &f, sizeof f) == (ssize_t)sizeof f) {
            if (!strcmp(f.stage, "bound")) t->bound = f.bound;
            else if (!strcmp(f.stage, "execve")) t->exec_errno = (uint32_t)f.error;
            else fail(f.stage, f.error, f.path);
        }
        close(t->report);
    }
    for (uint32_t i = 0; i < job.ntasks * 3; i++) {
        struct stream *s = &job.tasks[i / 3].io[i % 3];
        if (s->kind != IO_SAME && s->child >= 0) close(s->child);
    }
    if (fchdir(FD_DIR) < 0) _exit(72);
}

#endif
