/*
 * stint-front: sbatch, squeue, ... as a caller starts them. It asks the resident command process (stint resident) on
 * run/front.sock to run the command, and does for it, with the caller's own rights, everything that touches the caller:
 * reading standard input, writing standard output, opening files. No descriptor leaves this process.
 *
 * Invariant: until the request is sent, and when the resident says NOT_HERE, nothing was done, and the full program beside
 * this one takes over. After that it never does: a command is not run twice.
 */
#define _GNU_SOURCE
#include "wire.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define ACCEPT_WITHIN_MS 2000
extern char **environ;

static char **arguments;
static char folder[PATH_MAX]; /* real folder of this program */
static const char *name;
static int file = -1; /* FILE_HANDLE */
static char payload[PAYLOAD_MAX + 1];

static _Noreturn void run_full_program(void) {
  char path[PATH_MAX + 8];
  snprintf(path, sizeof path, "%s/stint", folder);
  execv(path, arguments);
  fprintf(stderr, "%s: error: cannot start %s: %s\n", name, path, strerror(errno));
  _exit(1);
}

static _Noreturn void lost(void) {
  fprintf(stderr, "%s: error: Zero Bytes were transmitted or received\n", name);
  fprintf(stderr, "%s: error: the command process (stint-resident) was stopped while it ran this command; what it did stays done. "
                  "See squeue before you repeat it\n", name);
  _exit(1);
}

/* ---- where the cluster is: the rules of SocketPath.cs -------------------------------------------------------------------- */

static bool join(char *out, const char *home) {
  size_t length = strlen(home);
  int put = snprintf(out, PATH_MAX, "%s%srun/stint.sock", home, length > 0 && home[length - 1] == '/' ? "" : "/");
  return put > 0 && put < PATH_MAX;
}

static bool is_there(const char *path) {
  struct stat found;
  return stat(path, &found) == 0 && !S_ISDIR(found.st_mode);
}

static const char *said(const char *variable) {
  const char *value = getenv(variable);
  return value && *value ? value : NULL;
}

/* The home that `stint up` last used from these programs. */
static bool last_home(char *home, const char *parent) {
  char note[PATH_MAX + 16];
  snprintf(note, sizeof note, "%s/.stint-home", parent);
  int fd = open(note, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = read(fd, home, PATH_MAX - 1);
  close(fd);
  while (got > 0 && strchr(" \t\r\n", home[got - 1])) got--;
  if (got <= 0 || home[0] != '/') return false;
  home[got] = 0;
  return true;
}

static bool find_socket(char *out) {
  const char *value;
  if ((value = said("STINT_SOCKET"))) return snprintf(out, PATH_MAX, "%s", value) < PATH_MAX;
  if ((value = said("STINT_HOME"))) return join(out, value);
  char parent[PATH_MAX], home[PATH_MAX + 8];
  snprintf(parent, sizeof parent, "%s", folder);
  char *slash = strrchr(parent, '/');
  if (!slash || slash == parent) return false;
  *slash = 0;
  if (last_home(home, parent) && join(out, home) && is_there(out)) return true;
  snprintf(home, sizeof home, "%s/var", parent);
  if (join(out, home) && is_there(out)) return true;
  snprintf(out, PATH_MAX, "/run/stint/stint.sock");
  if (is_there(out)) return true;
  return join(out, "/var/lib/stint") && is_there(out);
}

/* ---- talking ------------------------------------------------------------------------------------------------------------- */

/* front.sock beside the server's socket; -1: nobody there, or somebody whom this user has no reason to trust. */
static int connect_resident(const char *socket_path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *slash = strrchr(socket_path, '/');
  int folder_length = slash ? (int)(slash + 1 - socket_path) : 0;
  if (strcmp(socket_path + folder_length, "stint.sock") != 0) return -1;
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%.*sfront.sock", folder_length, socket_path);
  if (length <= 0 || (size_t)length >= sizeof address.sun_path) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  struct ucred peer;
  socklen_t size = sizeof peer;
  /* It may ask for any file of ours: it must be root's or our own. A full queue of connections is a refusal (EAGAIN). */
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      (peer.uid != 0 && peer.uid != geteuid()) || fcntl(fd, F_SETFL, 0) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static bool send_all(int fd, const void *data, size_t length) {
  for (const char *at = data; length > 0;) {
    ssize_t put = send(fd, at, length, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    length -= (size_t)put;
  }
  return true;
}

static bool receive_all(int fd, void *data, size_t length) {
  for (char *at = data; length > 0;) {
    ssize_t got = recv(fd, at, length, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    length -= (size_t)got;
  }
  return true;
}

static void answer(int s, int32_t result) {
  if (!send_all(s, &result, sizeof result)) lost();
}

/* ---- the request ----------------------------------------------------------------------------------------------------------- */

static bool stamp(const char *program, uint64_t *out) {
  char path[PATH_MAX + 32];
  struct stat found;
  snprintf(path, sizeof path, "%s/%s", folder, program);
  if (stat(path, &found) != 0) return false;
  out[0] = (uint64_t)found.st_mtim.tv_sec * 10000000u + (uint64_t)found.st_mtim.tv_nsec / 100u;
  out[1] = (uint64_t)found.st_size;
  return true;
}

static size_t words_length(char **words) {
  size_t length = 0;
  for (; *words; words++) length += strlen(*words) + 1;
  return length;
}

static char *put_words(char *at, char **words) {
  for (; *words; words++) at = stpcpy(at, *words) + 1;
  return at;
}

/* The whole request in one piece; NULL: this caller is a case for the full program. */
static char *compose(int argc, const char *socket_path, uint32_t *length) {
  /* The order of ResourceLimits.cs. */
  static const int kinds[LIMITS] = {RLIMIT_AS, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE,
                                    RLIMIT_MEMLOCK, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_STACK};
  char cwd[PATH_MAX];
  if (argc < 1 || !getcwd(cwd, sizeof cwd) || cwd[0] != '/') return NULL;
  struct request r = {.argc = (uint32_t)argc, .socket = (uint32_t)strlen(socket_path), .cwd = (uint32_t)strlen(cwd)};
  size_t words = words_length(arguments + 1) + strlen(name) + 1, environment = words_length(environ);
  size_t total = sizeof r + r.socket + r.cwd + words + environment;
  if (total > REQUEST_MAX) return NULL;
  r.arguments = (uint32_t)words;
  r.environment = (uint32_t)environment;
  r.umask = (uint32_t)umask(022);
  umask((mode_t)r.umask);
  r.terminals = (isatty(0) ? 1u : 0u) | (isatty(1) ? 2u : 0u);
  struct winsize window;
  if ((r.terminals & 2u) && ioctl(1, TIOCGWINSZ, &window) == 0) r.columns = window.ws_col;
  for (int i = 0; i < LIMITS; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)kinds[i], &limit) != 0) continue;
    r.limits[i] = limit.rlim_cur;
    r.limits_known |= 1u << i;
  }
  char *text = malloc(total), *at = text;
  if (!text) return NULL;
  at = mempcpy(at, &r, sizeof r);
  at = mempcpy(at, socket_path, r.socket);
  at = mempcpy(at, cwd, r.cwd);
  at = stpcpy(at, name) + 1;
  at = put_words(at, arguments + 1);
  put_words(at, environ);
  *length = (uint32_t)total;
  return text;
}

/* A connection on which the request was accepted and sent, or no return. */
static int submit(int argc) {
  char socket_path[PATH_MAX];
  struct hello hello = {.magic = FRONT_MAGIC, .version = FRONT_VERSION};
  /* A closed standard stream would be taken by the next open(2). */
  if (fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0 || fcntl(2, F_GETFD) < 0) run_full_program();
  if (!find_socket(socket_path) || !stamp("stint.dll", hello.programs) || !stamp("Stint.Protocol.dll", hello.programs + 2)) run_full_program();
  int s = connect_resident(socket_path);
  if (s < 0) run_full_program();
  char *request = compose(argc, socket_path, &hello.length);
  struct frame accepted;
  struct pollfd readable = {.fd = s, .events = POLLIN};
  if (!request || !send_all(s, &hello, sizeof hello) || poll(&readable, 1, ACCEPT_WITHIN_MS) != 1 ||
      !receive_all(s, &accepted, sizeof accepted) || accepted.what != ACCEPTED) {
    close(s);
    run_full_program();
  }
  if (!send_all(s, request, hello.length)) lost();
  free(request);
  return s;
}

/* ---- what the resident asks for ---------------------------------------------------------------------------------------------- */

/* 0, or a negative errno. Waits where the other end was made non-blocking by somebody else. */
static int32_t write_all(int fd, const char *data, size_t length) {
  while (length > 0) {
    ssize_t put = write(fd, data, length);
    if (put >= 0) {
      data += put;
      length -= (size_t)put;
    } else if (errno == EAGAIN) {
      struct pollfd writable = {.fd = fd, .events = POLLOUT};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return 0;
}

static int32_t read_some(int fd, size_t length) {
  for (;;) {
    ssize_t got = read(fd, payload, length);
    if (got >= 0) return (int32_t)got;
    if (errno == EAGAIN) {
      struct pollfd readable = {.fd = fd, .events = POLLIN};
      poll(&readable, 1, -1);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}

static int32_t look(const char *path) {
  struct stat found;
  if (stat(path, &found) != 0) return -errno;
  return S_ISDIR(found.st_mode) ? -EISDIR : 0;
}

static int32_t open_file(const char *path, int flags) {
  struct stat found;
  if (file >= 0) return -EBUSY;
  file = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
  if (file < 0) return -errno;
  if (fstat(file, &found) == 0 && !S_ISDIR(found.st_mode)) return 0;
  close(file);
  file = -1;
  return -EISDIR;
}

static int32_t close_file(void) {
  int closing = file;
  file = -1;
  return closing >= 0 && close(closing) != 0 ? -errno : 0;
}

static void handle_read(int s, const struct frame *f) {
  int fd = f->handle == FILE_HANDLE ? file : 0;
  int32_t got = fd < 0 ? -EBADF : read_some(fd, f->length);
  answer(s, got);
  if (got > 0 && !send_all(s, payload, (size_t)got)) lost();
}

static void handle_write(int s, const struct frame *f) {
  if (f->handle == FILE_HANDLE) {
    answer(s, file < 0 ? -EBADF : write_all(file, payload, f->length));
  } else if (write_all(f->handle == 2 ? 2 : 1, payload, f->length) != 0) {
    _exit(1); /* as the full program: there is nobody to tell */
  }
}

int main(int argc, char **argv) {
  arguments = argv;
  name = argc > 0 && argv[0] ? argv[0] : "stint";
  if (strrchr(name, '/')) name = strrchr(name, '/') + 1;
  ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
  char *slash = length > 0 ? strrchr(folder, '/') : NULL;
  if (!slash) {
    fprintf(stderr, "%s: error: /proc/self/exe cannot be read: is /proc mounted?\n", name);
    return 1;
  }
  *slash = 0;
  int s = submit(argc);
  for (struct frame f;;) {
    if (!receive_all(s, &f, sizeof f)) lost();
    bool carries = f.what == WRITE || f.what == IS_FILE || f.what == OPEN_READ || f.what == OPEN_WRITE;
    if (f.length > PAYLOAD_MAX || (carries && !receive_all(s, payload, f.length))) lost();
    if (carries) payload[f.length] = 0;
    switch (f.what) {
      case NOT_HERE: close(s); run_full_program();
      case WRITE: handle_write(s, &f); break;
      case READ: handle_read(s, &f); break;
      case IS_FILE: answer(s, look(payload)); break;
      case OPEN_READ: answer(s, open_file(payload, O_RDONLY)); break;
      case OPEN_WRITE: answer(s, open_file(payload, O_WRONLY | O_CREAT | O_TRUNC)); break;
      case CLOSE: answer(s, close_file()); break;
      case EXIT: _exit(f.handle);
      default: lost();
    }
  }
}
