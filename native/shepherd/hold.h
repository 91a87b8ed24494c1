// stint-shepherd --hold: the only process of the unit that holds all jobs of a node (stint-jobs.service). systemd takes a unit's control group away when
// nothing is in it, and a group that hands controllers down may hold no process itself: so it moves into a group beside the jobs', says that
// it is ready, and sleeps until it is told to end.
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/un.h>

#define HOLD_ROOT "/sys/fs/cgroup"
#define HOLD_LEAF "stint.holder"

static int hold_failed(const char *what, const char *path)
{
    fprintf(stderr, "stint-shepherd --hold: %s%s%s: %s\n", what, *path ? " " : "", path, strerror(errno));
    return 1;
}

/* sd_notify(3): one datagram to the socket that systemd named. Nobody waits when there is none. */
static int hold_ready(void)
{
    static const char ready[] = "READY=1";
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || !*path) return 0;
    size_t length = strlen(path);
    if (length >= sizeof to.sun_path) return -1;
    memcpy(to.sun_path, path, length);
    if (path[0] == '@') to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = fd < 0 ? -1 : sendto(fd, ready, sizeof ready - 1, MSG_NOSIGNAL, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    if (fd >= 0) close(fd);
    return sent < 0 ? -1 : 0;
}

static int hold(void)
{
    char line[4096], path[4608] = "";
    FILE *own = fopen("/proc/self/cgroup", "re");
    if (!own) return hold_failed("cannot read", "/proc/self/cgroup");
    while (fgets(line, sizeof line, own))
        if (!strncmp(line, "0::/", 4)) {
            line[strcspn(line, "\n")] = 0;
            snprintf(path, sizeof path, HOLD_ROOT "%s/" HOLD_LEAF, line + 3);
        }
    fclose(own);
    if (*path && access(HOLD_ROOT "/cgroup.procs", F_OK) == 0) {
        if (mkdir(path, 0755) < 0 && errno != EEXIST) return hold_failed("cannot make", path);
        strcat(path, "/cgroup.procs");
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1) return hold_failed("cannot join", path);
        close(fd);
    }
    prctl(PR_SET_NAME, "stint-jobs");
    if (hold_ready() < 0) return hold_failed("cannot tell systemd", "");
    for (;;) pause();
}
