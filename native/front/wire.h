/* What the front and the resident say to each other: src/Stint.Cli/Resident/FrontWire.cs has the same in C#. Native byte order. */
#ifndef STINT_FRONT_WIRE_H
#define STINT_FRONT_WIRE_H
#include <stdint.h>

#define FRONT_MAGIC 0x52465453u /* "STFR" */
#define FRONT_VERSION 1u
#define REQUEST_MAX (1u << 20)
#define PAYLOAD_MAX 65536u
#define LIMITS 10

/* First words of a front. The answer is ACCEPTED, or the end of the connection. */
struct hello {
  uint32_t magic, version, length /* of the request */, reserved;
  uint64_t programs[4]; /* mtime (100 ns) and size of stint.dll and Stint.Protocol.dll: another build is not asked */
};

/* Then this, and after it: socket, cwd, argv (name first), environment; the last two with a NUL after each word. */
struct request {
  uint32_t umask, terminals /* 1: stdin, 2: stdout */, columns /* of stdout; 0: no terminal */, argc;
  uint64_t limits[LIMITS]; /* soft, in the order of the table in front.c */
  uint32_t limits_known /* one bit each */, socket, cwd, arguments, environment, reserved;
};

/* From the resident: a frame, and length bytes of payload where noted. */
struct frame {
  uint8_t what, handle;
  uint16_t reserved;
  uint32_t length;
};

enum {
  ACCEPTED = 'A',    /* a place is free; send the request */
  NOT_HERE = 'N',    /* nothing was done: run the full program */
  WRITE = 'W',       /* payload → handle; answered for a file only */
  READ = 'R',        /* at most length bytes ← handle; answer: count, bytes */
  IS_FILE = 'S',     /* payload: path; answer: 0 when there is something that is no directory */
  OPEN_READ = 'O',   /* payload: path */
  OPEN_WRITE = 'C',  /* payload: path; created or cut to nothing */
  CLOSE = 'D',       /* the file */
  EXIT = 'X',        /* handle: the exit code */
};
/* Answers are an int32_t: 0 or a count, or a negative errno. */

#define FILE_HANDLE 3 /* one file at a time; 0, 1 and 2 are the caller's own */
#endif
