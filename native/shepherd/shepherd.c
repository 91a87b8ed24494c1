// stint-shepherd: the only parent of the tasks of one step on one node. It outlives its agent, enforces the wall time alone and
// leaves a durable exit record. It parses nothing, decides nothing and reaches no network: the agent tells it everything.
//
// Inherited descriptors: 3 request (a sealed memory file), 4 socket to the agent (SOCK_SEQPACKET), 5 the step's directory, which carries
// the flock that says "this step has a living shepherd".
// wire.h has the layouts, launch.h the way from a request to running tasks; this file has time, signals, the agent and the end.
#include "launch.h"
#include "hold.h"

// ---- the group ----

// Calls kill(2) for every process of the step; returns how many there are. A v1 list is a snapshot of the open: it is opened anew each time.
static int each_process(int signal_number)
{
    char text[4096];
    int count = 0;
    long pid = 0;
    ssize_t n;
    int fd = job.nprocs ? open(job.procs[0], O_RDONLY | O_CLOEXEC) : -1;
    while (fd >= 0 && (n = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] >= '0' && text[i] <= '9') { pid = pid * 10 + text[i] - '0'; continue; }
            if (pid > 1) { count++; if (signal_number) kill((pid_t)pid, signal_number); }
            pid = 0;
        }
    if (fd >= 0) close(fd);
    if (!job.nprocs) for (uint32_t i = 0; i < job.ntasks; i++) if (job.tasks[i].live) { count++; if (signal_number) kill(-job.tasks[i].pid, signal_number); }
    return count;
}

// Writes to a control file beside a cgroup.procs file; the first hierarchy that has it wins.
static int control(const char *file, const char *text)
{
    char path[4096];
    for (uint32_t i = 0; i < job.nprocs; i++) {
        const char *slash = strrchr(job.procs[i], '/');
        if (!slash || snprintf(path, sizeof path, "%.*s%s", (int)(slash + 1 - job.procs[i]), job.procs[i], file) >= (int)sizeof path) continue;
        int fd = open(path, O_WRONLY | O_CLOEXEC), done = fd >= 0 && write(fd, text, strlen(text)) > 0;
        if (fd >= 0) close(fd);
        if (done) return 1;
    }
    return 0;
}

static void kill_group(void)
{
    flags |= KILLED;
    control("cgroup.kill", "1");
    int frozen = control("freezer.state", "FROZEN");        // nothing forks away while the list is walked
    each_process(SIGKILL);
    if (frozen) control("freezer.state", "THAWED");
}

static void signal_scope(int number, uint32_t scope)
{
    if (number < 1 || number >= NSIG) return;
    if (scope == SCOPE_GROUP) each_process(number);
    for (uint32_t i = 0; scope != SCOPE_GROUP && i < (scope == SCOPE_FIRST && job.ntasks ? 1 : job.ntasks); i++)
        if (job.tasks[i].live) kill(job.tasks[i].pid, number);
}

static void say(const char *text)        // never waits for a reader: a full FIFO loses the line
{
    struct pollfd p = { .fd = message_fd, .events = POLLOUT };
    if (message_fd >= 0 && *text && poll(&p, 1, 0) == 1 && write(message_fd, text, strlen(text)) < 0) message_fd = -1;
}

static void terminate(uint64_t grace, const char *line)
{
    uint64_t at = now_ms() + grace;
    if (!kill_at) say(line);
    if (!kill_at && grace) { each_process(SIGTERM); each_process(SIGCONT); }
    if (!kill_at || at < kill_at) kill_at = at;
}

// ---- the agent ----

// The socket for an agent's next life. Made only when one is gone: most steps end in the life that began them, and an inode for each costs more than the
// rest of this program. Where the disk refuses it is tried again.
static void listen_for_agent(void)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "ctl" };
    if (listen_fd >= 0 || (ended && durable)) return;
    listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink("ctl");
    if (listen_fd >= 0 && bind(listen_fd, (struct sockaddr *)&name, sizeof name) == 0 && listen(listen_fd, 4) == 0) {
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &(struct epoll_event){ .events = EPOLLIN, .data.fd = listen_fd });
        listen_at = 0;
        return;
    }
    if (listen_fd >= 0) close(listen_fd);
    listen_fd = -1;
    listen_at = now_ms() + LISTEN_RETRY_MS;
}

static void drop_agent(void)
{
    if (agent_fd >= 0) close(agent_fd);
    agent_fd = -1;
    listen_for_agent();
}

static void tell(const struct buffer *b, const int *fds, uint32_t n)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * 252)]; } aux;
    struct iovec body = { (void *)(uintptr_t)b->bytes, b->used };
    struct msghdr m = { .msg_iov = &body, .msg_iovlen = 1 };
    if (n) {
        memset(&aux, 0, sizeof aux);
        m.msg_control = aux.bytes; m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(sizeof(int) * n);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
    }
    // An agent that does not read loses its connection, not the step its clock; it connects again and is told everything anew.
    if (agent_fd >= 0 && sendmsg(agent_fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) drop_agent();
}

static void tell_streams(void)
{
    static struct buffer b;
    for (uint32_t first = 0; first < job.ntasks; first += 80) {
        uint32_t end = first + 80 < job.ntasks ? first + 80 : job.ntasks, n = 0;
        int fds[252];
        b.used = 0;
        put(&b, TO_STREAMS, 4); put(&b, first, 4); put(&b, end - first, 4);
        for (uint32_t i = first; i < end; i++) {
            uint32_t mask = 0;
            for (uint32_t k = 0; k < 3; k++) if (job.tasks[i].io[k].mine >= 0) { mask |= 1u << k; fds[n++] = job.tasks[i].io[k].mine; }
            put(&b, mask, 4);
        }
        if (n) tell(&b, fds, n);
    }
}

static void tell_started(void)
{
    static struct buffer b;
    b.used = 0;
    put(&b, TO_STARTED, 4); put(&b, job.ntasks, 4);
    for (uint32_t i = 0; i < job.ntasks; i++) put(&b, (uint32_t)job.tasks[i].pid, 4);
    for (uint32_t i = 0; i < job.ntasks; i++) {
        const struct binding *bound = &job.tasks[i].bound;
        put_blob(&b, bound->cpus, bound->cpu_bytes); put(&b, bound->policy, 4); put_blob(&b, bound->nodes, bound->node_bytes);
    }
    tell(&b, NULL, 0);
}

static void accept_agent(void)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid()) { close(fd); return; }
    drop_agent();
    agent_fd = fd;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data.fd = fd });
    tell_streams();
    if (!(flags & NOT_STARTED)) tell_started();
    if (ended) tell(&record, NULL, 0);
}

static void close_input(uint32_t which)
{
    for (uint32_t i = 0; i < job.ntasks; i++) {
        struct stream *s = &job.tasks[i].io[0];
        if ((which == UINT32_MAX || which == i) && s->kind == IO_PIPE && s->mine >= 0) { close(s->mine); s->mine = -1; }
    }
}

// A new end of the wall time, which stands still at 0. The warning moves with it, and comes once.
static void set_limit(uint64_t ms)
{
    uint64_t now = now_ms();
    if (flags & OVER_LIMIT) return;
    limit_at = ms ? now + ms : 0;
    if (!job.warn_signal || warned) return;
    warn_at = !ms ? 0 : job.warn_before_ms < ms ? limit_at - job.warn_before_ms : now;
}

static void on_command(void)
{
    static unsigned char bytes[64 << 10];
    ssize_t n = recv(agent_fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) { drop_agent(); return; }
    struct cursor c = { bytes, bytes + n, 0 };
    uint32_t kind = take32(&c), a = 0;
    uint64_t ms = 0;
    const char *text = "";
    struct winsize size = { 0 };
    switch (kind) {
    case ON_SIGNAL: a = take32(&c); signal_scope((int)a, take32(&c)); break;
    case ON_TERMINATE: ms = take(&c, 8); text = take_str(&c); if (!c.bad) { if (!(flags & OVER_LIMIT)) flags |= ORDERED; terminate(ms, text); } break;
    case ON_RESIZE:
        size.ws_row = (unsigned short)take32(&c); size.ws_col = (unsigned short)take32(&c);
        for (uint32_t i = 0; i < job.ntasks && !c.bad; i++) if (job.tasks[i].io[0].kind == IO_TTY) ioctl(job.tasks[i].io[0].mine, TIOCSWINSZ, &size);
        break;
    case ON_LIMIT: ms = take(&c, 8); if (!c.bad) set_limit(ms); break;
    case ON_WRITE: say(take_str(&c)); break;
    case ON_CLOSE_INPUT: a = take32(&c); if (!c.bad) close_input(a); break;
    case ON_ACK: acknowledged = ended; break;
    default: break;
    }
}

// ---- time, and the end ----

static void on_time(void)
{
    uint64_t now = now_ms(), expirations;
    if (read(timer_fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN) return;
    if (warn_at && now >= warn_at) { warn_at = 0; warned = 1; signal_scope((int)job.warn_signal, job.warn_scope); }
    if (limit_at && now >= limit_at) {
        char line[512], stamp[32] = "";
        time_t t = time(NULL);
        struct tm local;
        static struct buffer b;
        limit_at = 0;
        if (localtime_r(&t, &local)) strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &local);
        snprintf(line, sizeof line, "%s%s%s", job.line_head, *job.line_head ? stamp : "", job.line_tail);
        if (!(flags & ORDERED)) flags |= OVER_LIMIT;
        terminate(job.grace_ms, line);
        b.used = 0;
        put(&b, TO_LIMIT, 4);
        tell(&b, NULL, 0);
    }
    if (kill_at && now >= kill_at && !ended) { kill_group(); kill_at = now + POLL_MS; }
    if (listen_at && now >= listen_at) listen_for_agent();
}

static void arm_timer(void)
{
    uint64_t next = 0, all[] = { warn_at, limit_at, ended ? 0 : kill_at, poll_at, listen_at };
    if (ended) all[0] = all[1] = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) if (all[i] && (!next || all[i] < next)) next = all[i];
    struct itimerspec at = { .it_value = { .tv_sec = (time_t)(next / 1000), .tv_nsec = (long)(next % 1000 * 1000000) } };
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void reap(void)
{
    struct signalfd_siginfo info;
    struct rusage used;
    int status;
    pid_t pid;
    while (read(child_fd, &info, sizeof info) > 0) { }
    while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0)
        for (uint32_t i = 0; i < job.ntasks; i++) {
            struct task *t = &job.tasks[i];
            if (t->live && t->pid == pid) { t->live = 0; t->status = status; t->used = used; live--; }
        }
}

static uint64_t us(struct timeval t) { return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec; }

static void make_record(void)
{
    record.used = 0;
    put(&record, TO_EXITED, 4); put(&record, 0x52585453, 4); put(&record, 1, 4); put(&record, flags, 4);
    put(&record, start_unix, 8); put(&record, clock_ms(CLOCK_REALTIME), 8);
    put_str(&record, failed.stage); put(&record, (uint32_t)failed.error, 4); put_str(&record, failed.path);
    put(&record, job.ntasks, 4);
    for (uint32_t i = 0; i < job.ntasks; i++) {
        const struct task *t = &job.tasks[i];
        put(&record, t->id, 4); put(&record, (uint32_t)t->pid, 4); put(&record, (uint32_t)t->status, 4); put(&record, t->exec_errno, 4);
        put(&record, us(t->used.ru_utime), 8); put(&record, us(t->used.ru_stime), 8); put(&record, (uint64_t)t->used.ru_maxrss, 8);
    }
}

// An agent that could not reach this process took it for dead, ended the step itself and removed the directory: there is nobody left to tell.
static int forgotten(void) { struct stat st; return fstat(FD_DIR, &st) == 0 && st.st_nlink == 0; }

// The message minus its type is the file: whole or not there after any kill, and once synced after a loss of power too. The agent hears in
// between, so that it does not wait for the disk. Disk full: the step's end is not forgotten, it is tried again while this process lives.
static void save_record(int first)
{
    if (!first) {                                    // what a disk refused once may be lost behind this descriptor: a fresh file
        if (record_fd >= 0) close(record_fd);
        record_fd = openat(FD_DIR, "exit.tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    ssize_t size = (ssize_t)record.used - 4;
    durable = record_fd >= 0 && pwrite(record_fd, record.bytes + 4, (size_t)size, 0) == size && ftruncate(record_fd, size) == 0
        && renameat(FD_DIR, "exit.tmp", FD_DIR, "exit") == 0;
    if (first) tell(&record, NULL, 0);
    durable = durable && fsync(record_fd) == 0 && fsync(FD_DIR) == 0;       // the first commits the name as well on journalling file systems; then this is nothing
    poll_at = durable ? 0 : now_ms() + RECORD_RETRY_MS;
}

static void save_residue(void)
{
    static char bytes[64 << 10];
    for (uint32_t i = 0; i < job.ntasks * 3; i++) {
        const struct stream *s = &job.tasks[i / 3].io[i % 3];
        char name[40];
        ssize_t n, total = 0;
        int fd = -1;
        if (s->mine < 0 || (s->kind == IO_PIPE && i % 3 == 0)) continue;
        snprintf(name, sizeof name, "out.%u.%u", i / 3, i % 3);
        while (total < MAX_RESIDUE && (n = read(s->mine, bytes, sizeof bytes)) > 0) {
            if (fd < 0) fd = openat(FD_DIR, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            if (fd < 0 || write(fd, bytes, (size_t)n) != n) break;
            total += n;
        }
        if (fd >= 0) close(fd);
    }
}

static void try_end(void)
{
    if (live == 0 && !ended) {
        uint64_t now = now_ms();
        if (!leftover_since) leftover_since = now;
        if (each_process(0) == 0 || now - leftover_since > LEFTOVER_MAX_MS) {        // what will not die is the agent's to name
            ended = 1;
            make_record();
            save_record(1);
        } else {
            kill_group();
            poll_at = now + POLL_MS + (now - leftover_since) / 8;
        }
    } else if (ended && !durable && poll_at && now_ms() >= poll_at) save_record(0);
}

static void prepare(void)
{
    sigset_t all, child;
    for (int fd = FD_REQUEST; fd <= FD_DIR; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    umask(077);
    if (fchdir(FD_DIR) < 0) _exit(72);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    child_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    // From here on "exit.tmp" says that tasks may have run. A directory that was used before holds a file for it: no inode is to be found.
    renameat(FD_DIR, "exit.old", FD_DIR, "exit.tmp");
    record_fd = openat(FD_DIR, "exit.tmp", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (record_fd < 0) fail("exit record", errno, "exit.tmp");
    int all_fds[] = { timer_fd, child_fd, agent_fd };
    for (size_t i = 0; i < 3; i++) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, all_fds[i], &(struct epoll_event){ .events = EPOLLIN, .data.fd = all_fds[i] });
}

int main(int count, char **arguments)
{
    if (count > 1 && !strcmp(arguments[1], "--hold")) return hold();
    prepare();
    read_request();
    start_unix = clock_ms(CLOCK_REALTIME);
    if (!(flags & NOT_STARTED)) open_as_user();
    uint64_t begin = now_ms();
    if (job.limit_ms) limit_at = begin + job.limit_ms;
    if (job.limit_ms && job.warn_signal) warn_at = job.warn_before_ms < job.limit_ms ? limit_at - job.warn_before_ms : begin;
    tell_streams();
    start_tasks();
    if (flags & NOT_STARTED) kill_at = begin;        // of several tasks one could not be set up: the others go too
    else tell_started();
    for (;;) {
        struct epoll_event events[8];
        try_end();
        if (ended && (acknowledged || (agent_fd < 0 && (durable || forgotten())))) break;
        arm_timer();
        int n = epoll_wait(epoll_fd, events, 8, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == child_fd) reap();
            else if (events[i].data.fd == timer_fd) on_time();
            else if (events[i].data.fd == listen_fd) accept_agent();
            else if (events[i].data.fd == agent_fd) on_command();
        }
    }
    if (!acknowledged) save_residue();
    return 0;
}
