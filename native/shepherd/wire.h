// What stint-shepherd and its agent tell each other, and how it is read: fixed layouts behind a bounds-checked cursor.
// All numbers little endian; str = u32 length, bytes, one NUL that is not counted. ShepherdWire.cs is the other side.
//
//   request     u32 magic "STRQ" · u32 version · u32 uid · u32 gid · u32 n, n × u32 supplementary group · u32 umask · u32 append
//               u64 limit_ms (0: none) · u64 grace_ms · u64 warn_before_ms · u32 warn_signal (0: none) · u32 warn_scope · u32 rows · u32 columns
//               str work_dir · str exec_error_prefix · str limit_line_head · str limit_line_tail
//               u32 n, n × (u32 resource, u64 soft) · u32 n, n × str cgroup.procs · u32 n, n × str argument · u32 n, n × str NAME=value
//               u32 n, n × task;  task = u32 id · 3 × (u32 kind, u32 same, str path) · u32 n, n × str NAME=value
//                 · blob cpu mask (empty: not bound) · u32 memory policy of set_mempolicy(2) (0: none), blob NUMA nodes
//                 · str head and str tail of the line that says the cpu mask, the same of the line for memory (head empty: not said)
//   blob        u32 n, n bytes
//   stream kind 0 /dev/null · 1 file · 2 pipe · 3 terminal · 4 the descriptor of stream number `same` (task index * 3 + stream)
//   to agent    1 STARTED u32 n, n × u32 pid, n × (blob cpu mask, u32 memory policy, blob NUMA nodes: as read back; empty: not bound) · 2 STREAMS u32 first task, u32 n, n × u32 mask of streams, + descriptors in that order
//               3 EXITED record · 4 LIMIT (the wall time is over; SIGTERM was sent)
//   from agent  16 SIGNAL u32 signal, u32 scope (0 group, 1 tasks, 2 first task) · 17 TERMINATE u64 grace_ms, str line for task 0's stderr
//               18 RESIZE u32 rows, u32 columns · 19 LIMIT u64 ms from now (0: none) · 20 WRITE str (to task 0's stderr)
//               21 CLOSE_INPUT u32 task index (2^32-1: all) · 22 ACK (the exit is known and all output was taken)
//   exit record u32 magic "STXR" · u32 version · u32 flags (1 wall time over, 2 terminated by order, 4 group was killed, 8 not started)
//               u64 start, u64 end (unix ms) · str stage, u32 errno, str path (of the failure to start) · u32 n, n × (u32 id, u32 pid,
//               u32 wait status, u32 errno of execve, u64 user us, u64 system us, u64 max rss KiB)
//
// Files in the step's directory: exit.tmp (exists from before the first fork), exit (the record, by rename of exit.tmp), ctl (socket, made when the
// agent is gone), exit.old (a used file that becomes exit.tmp), out.<task index>.<stream> (what was left in the pipes when the step ended and no
// agent was there to take it).
#ifndef STINT_WIRE_H
#define STINT_WIRE_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <poll.h>

enum { FD_REQUEST = 3, FD_FIRST_AGENT = 4, FD_DIR = 5 };
enum { MAX_REQUEST = 32 << 20, MAX_TASKS = 512, MAX_RESIDUE = 4 << 20, POLL_MS = 10, RECORD_RETRY_MS = 1000, LISTEN_RETRY_MS = 100, LEFTOVER_MAX_MS = 30000, CPU_GRACE_S = 2 };
enum { IO_NULL, IO_FILE, IO_PIPE, IO_TTY, IO_SAME };
enum { TO_STARTED = 1, TO_STREAMS, TO_EXITED, TO_LIMIT };
enum { ON_SIGNAL = 16, ON_TERMINATE, ON_RESIZE, ON_LIMIT, ON_WRITE, ON_CLOSE_INPUT, ON_ACK };
enum { SCOPE_GROUP, SCOPE_TASKS, SCOPE_FIRST };
enum { OVER_LIMIT = 1, ORDERED = 2, KILLED = 4, NOT_STARTED = 8 };

enum { CPU_BYTES = 256, NODE_BYTES = 32 };                                      // 2048 CPUs, 256 NUMA nodes
struct stream { uint32_t kind, same; const char *path; int child, mine; };     // child: what the task gets; mine: the end kept here
struct binding { uint32_t cpu_bytes, policy, node_bytes; unsigned char cpus[CPU_BYTES], nodes[NODE_BYTES]; };
struct task { uint32_t id, nenv; struct stream io[3]; char **env; pid_t pid; int live, status, report; uint32_t exec_errno; struct rusage used;
    struct binding asked, bound; const char *cpu_head, *cpu_tail, *mem_head, *mem_tail, *gpu_line; };
// What a task tells before it runs, one atomic write to a pipe: a failure, or (stage "bound") what its binding reads back as.
struct failure { char stage[16]; int error; char path[256]; struct binding bound; };
struct limit { uint32_t resource; uint64_t soft; };
struct cursor { const unsigned char *at, *end; int bad; };
struct buffer { unsigned char bytes[128 << 10]; size_t used; };

static struct {
    uint32_t uid, gid, ngroups, mask, append, warn_signal, warn_scope, rows, columns, nlimits, nprocs, nargs, nenv, ntasks;
    uint64_t limit_ms, grace_ms, warn_before_ms;
    const char *work_dir, *exec_prefix, *line_head, *line_tail;
    gid_t *groups; struct limit *limits; char **procs, **args, **env; struct task *tasks;
} job;
static uint64_t warn_at, limit_at, kill_at, poll_at, listen_at, leftover_since;      // CLOCK_BOOTTIME ms; 0: never
static uint32_t flags;
static uint64_t start_unix;
static struct failure failed;
static int epoll_fd, timer_fd, child_fd, listen_fd = -1, agent_fd = FD_FIRST_AGENT, message_fd = -1, record_fd = -1;
static int live, ended, durable, acknowledged, warned;
static struct buffer record;

static uint64_t clock_ms(clockid_t id) { struct timespec t; clock_gettime(id, &t); return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000; }
static uint64_t now_ms(void) { return clock_ms(CLOCK_BOOTTIME); }

// ---- reading and writing the fixed layouts ----

static uint64_t take(struct cursor *c, size_t size)
{
    uint64_t v = 0;
    if (c->bad || (size_t)(c->end - c->at) < size) { c->bad = 1; return 0; }
    for (size_t i = 0; i < size; i++) v |= (uint64_t)c->at[i] << (8 * i);
    c->at += size;
    return v;
}
static uint32_t take32(struct cursor *c) { return (uint32_t)take(c, 4); }

static char *take_str(struct cursor *c)
{
    static char none[1];
    size_t n = take32(c);
    if (c->bad || (size_t)(c->end - c->at) < n + 1 || c->at[n] != 0 || memchr(c->at, 0, n)) { c->bad = 1; return none; }
    char *s = (char *)(uintptr_t)c->at;
    c->at += n + 1;
    return s;
}

static uint32_t take_blob(struct cursor *c, unsigned char *into, size_t room)
{
    uint32_t n = take32(c);
    if (c->bad || n > room || (size_t)(c->end - c->at) < n) { c->bad = 1; return 0; }
    memcpy(into, c->at, n);
    c->at += n;
    return n;
}

// A count of things that each take at least `size` bytes cannot exceed what is left: nothing is allocated on a lie.
static uint32_t take_count(struct cursor *c, size_t size)
{
    uint32_t n = take32(c);
    if (n > (size_t)(c->end - c->at) / size) { c->bad = 1; return 0; }
    return n;
}

static void *room(size_t n, size_t size) { void *p = calloc(n + 1, size); if (!p) _exit(70); return p; }

static char **take_strs(struct cursor *c, uint32_t *n)
{
    *n = take_count(c, 5);
    char **all = room(*n, sizeof *all);
    for (uint32_t i = 0; i < *n; i++) all[i] = take_str(c);
    return all;
}

static void put(struct buffer *b, uint64_t v, size_t size)
{
    for (size_t i = 0; i < size && b->used < sizeof b->bytes; i++) b->bytes[b->used++] = (unsigned char)(v >> (8 * i));
}
static void put_str(struct buffer *b, const char *s)
{
    size_t n = strlen(s);
    put(b, n, 4);
    for (size_t i = 0; i <= n; i++) put(b, (unsigned char)s[i], 1);
}

static void put_blob(struct buffer *b, const unsigned char *bytes, uint32_t n)
{
    put(b, n, 4);
    for (uint32_t i = 0; i < n; i++) put(b, bytes[i], 1);
}

static void parse(struct cursor *c)
{
    if (take32(c) != 0x51525453 || take32(c) != 3) c->bad = 1;
    job.uid = take32(c); job.gid = take32(c); job.ngroups = take_count(c, 4);
    job.groups = room(job.ngroups, sizeof *job.groups);
    for (uint32_t i = 0; i < job.ngroups; i++) job.groups[i] = take32(c);
    job.mask = take32(c) & 0777; job.append = take32(c);
    job.limit_ms = take(c, 8); job.grace_ms = take(c, 8); job.warn_before_ms = take(c, 8);
    job.warn_signal = take32(c); job.warn_scope = take32(c); job.rows = take32(c); job.columns = take32(c);
    job.work_dir = take_str(c); job.exec_prefix = take_str(c); job.line_head = take_str(c); job.line_tail = take_str(c);
    job.nlimits = take_count(c, 12);
    job.limits = room(job.nlimits, sizeof *job.limits);
    for (uint32_t i = 0; i < job.nlimits; i++) { job.limits[i].resource = take32(c); job.limits[i].soft = take(c, 8); }
    job.procs = take_strs(c, &job.nprocs); job.args = take_strs(c, &job.nargs); job.env = take_strs(c, &job.nenv);
    uint32_t n = take_count(c, 72);
    if (n == 0 || n > MAX_TASKS || job.nargs == 0 || job.uid == UINT32_MAX || job.gid == UINT32_MAX) c->bad = 1;
    if (c->bad) return;
    job.tasks = room(n, sizeof *job.tasks);
    for (job.ntasks = 0; job.ntasks < n && !c->bad; job.ntasks++) {
        struct task *t = &job.tasks[job.ntasks];
        t->id = take32(c); t->report = -1;
        for (uint32_t k = 0; k < 3; k++) {
            t->io[k] = (struct stream){ .kind = take32(c), .child = -1, .mine = -1 };
            t->io[k].same = take32(c); t->io[k].path = take_str(c);
            if (t->io[k].kind > IO_SAME || (t->io[k].kind == IO_SAME && t->io[k].same >= job.ntasks * 3 + k)) c->bad = 1;
        }
        t->env = take_strs(c, &t->nenv);
        t->asked.cpu_bytes = take_blob(c, t->asked.cpus, CPU_BYTES);
        t->asked.policy = take32(c); t->asked.node_bytes = take_blob(c, t->asked.nodes, NODE_BYTES);
        t->cpu_head = take_str(c); t->cpu_tail = take_str(c); t->mem_head = take_str(c); t->mem_tail = take_str(c); t->gpu_line = take_str(c);
    }
    if (c->at != c->end) c->bad = 1;
}

static void fail(const char *stage, int error, const char *path)
{
    if (flags & NOT_STARTED) return;
    flags |= NOT_STARTED;
    snprintf(failed.stage, sizeof failed.stage, "%s", stage);
    failed.error = error;
    snprintf(failed.path, sizeof failed.path, "%s", path);
}

static void read_request(void)
{
    struct stat st;
    if (fstat(FD_REQUEST, &st) < 0 || st.st_size <= 0 || st.st_size > MAX_REQUEST) { fail("request", EMSGSIZE, ""); return; }
    unsigned char *bytes = room((size_t)st.st_size, 1);
    ssize_t n = pread(FD_REQUEST, bytes, (size_t)st.st_size, 0);
    struct cursor c = { bytes, bytes + (n > 0 ? n : 0), n != st.st_size };
    parse(&c);
    if (c.bad) { job.ntasks = 0; fail("request", EBADMSG, ""); }
    close(FD_REQUEST);
}

#endif
