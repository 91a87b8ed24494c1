// A task is bound to CPUs and NUMA nodes by its own hand, between fork and exec: set, read back, compared, told. A mask that the kernel narrows
// (a cpuset takes CPUs away in silence) is a failure like any other.
#ifndef STINT_BINDING_H
#define STINT_BINDING_H
#include "wire.h"

static _Noreturn void stop(const struct task *t, const char *stage, const char *path)
{
    struct failure f = { .error = errno };
    snprintf(f.stage, sizeof f.stage, "%s", stage);
    snprintf(f.path, sizeof f.path, "%s", path);
    if (write(t->report, &f, sizeof f) < 0) _exit(255);
    _exit(f.error & 255);
}

static uint32_t trimmed(const unsigned char *bits, size_t n)
{
    while (n > 0 && !bits[n - 1]) n--;
    return (uint32_t)n;
}

static int same_bits(const unsigned char *a, uint32_t an, const unsigned char *b, uint32_t bn)
{
    return trimmed(a, an) == trimmed(b, bn) && !memcmp(a, b, trimmed(a, an));
}

// Hexadecimal without leading zeros, as Slurm says masks.
static const char *hex(const unsigned char *bits, uint32_t n, char *text)
{
    size_t at = 0;
    for (n = trimmed(bits, n); n > 0; n--) at += (size_t)sprintf(text + at, at ? "%02x" : "%x", bits[n - 1]);
    if (!at) sprintf(text, "0");
    return text;
}

static void say_binding(const char *head, const char *tail, const unsigned char *bits, uint32_t n)
{
    char text[CPU_BYTES * 2 + 1], line[1024];
    int length = *head ? snprintf(line, sizeof line, "%s%d]: mask 0x%s%s\n", head, (int)getpid(), hex(bits, n, text), tail) : 0;
    if (length > 0 && write(2, line, (size_t)(length < (int)sizeof line ? length : (int)sizeof line - 1)) < 0) return;
}

static void bind_cpus(const struct task *t, struct binding *bound)
{
    static unsigned char now[8192];                          // as long as a kernel's own masks can be
    char text[CPU_BYTES * 2 + 1];
    if (t->asked.cpu_bytes && syscall(SYS_sched_setaffinity, 0, (size_t)t->asked.cpu_bytes, t->asked.cpus) < 0) stop(t, "affinity", "");
    long n = syscall(SYS_sched_getaffinity, 0, sizeof now, now);
    if (n < 0) stop(t, "affinity", "");
    uint32_t used = trimmed(now, (size_t)n);
    if (t->asked.cpu_bytes && !same_bits(t->asked.cpus, t->asked.cpu_bytes, now, used)) { errno = ERANGE; stop(t, "affinity", hex(now, used > 120 ? 120 : used, text)); }
    if (used > CPU_BYTES) return;
    bound->cpu_bytes = used;
    memcpy(bound->cpus, now, used);
}

static void bind_memory(const struct task *t, struct binding *bound)
{
    static unsigned long nodes[128], back[128];             // 8192 nodes, more than a kernel has
    int policy = 0;
    memcpy(nodes, t->asked.nodes, t->asked.node_bytes);
    if (t->asked.policy && syscall(SYS_set_mempolicy, (int)t->asked.policy, nodes, sizeof nodes * 8) < 0) stop(t, "mempolicy", "");
    if (syscall(SYS_get_mempolicy, &policy, back, sizeof back * 8, 0, 0) < 0) { if (t->asked.policy) stop(t, "mempolicy", ""); return; }
    uint32_t used = trimmed((unsigned char *)back, sizeof back);
    if (t->asked.policy && ((uint32_t)policy != t->asked.policy || !same_bits(t->asked.nodes, t->asked.node_bytes, (unsigned char *)back, used))) { errno = ERANGE; stop(t, "mempolicy", ""); }
    bound->policy = (uint32_t)policy;
    bound->node_bytes = used < NODE_BYTES ? used : NODE_BYTES;
    memcpy(bound->nodes, back, bound->node_bytes);
}

static void bind_task(const struct task *t)
{
    struct failure f = { .stage = "bound" };
    int cpus = t->asked.cpu_bytes || *t->cpu_head, memory = t->asked.policy || *t->mem_head;
    if (cpus) bind_cpus(t, &f.bound);
    if (memory) bind_memory(t, &f.bound);
    if (cpus) say_binding(t->cpu_head, t->cpu_tail, f.bound.cpus, f.bound.cpu_bytes);
    if (memory) say_binding(t->mem_head, t->mem_tail, t->asked.policy ? f.bound.nodes : (const unsigned char *)"\1", t->asked.policy ? f.bound.node_bytes : 1);
    if (*t->gpu_line && write(2, t->gpu_line, strlen(t->gpu_line)) < 0) { /* nobody reads it: no reason to stop */ }
    if ((cpus || memory) && write(t->report, &f, sizeof f) < 0) stop(t, "report", "");
}

#endif
