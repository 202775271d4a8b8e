// Times a command from posix_spawn to its exit status.
//   spawntime STATUS COUNT COMMAND [ARGUMENT...]
// prints microseconds, one line per run. Every run must end with exit status STATUS: a command that fails is fast.
// "%n" in an argument becomes the number of the run.
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

// The argument with "%n" replaced; it lives until the program ends.
static char *numbered(char *argument, long n) {
  char *at = strstr(argument, "%n"), *out = 0;
  if (!at) return argument;
  if (asprintf(&out, "%.*s%ld%s", (int)(at - argument), argument, n, at + 2) < 0) exit(1);
  return out;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: spawntime STATUS COUNT COMMAND [ARGUMENT...]\n");
    return 2;
  }
  int expected = atoi(argv[1]);
  long count = atol(argv[2]);
  char **command = calloc((size_t)argc - 2, sizeof *command);
  if (!command) return 1;
  for (long n = 0; n < count; n++) {
    for (int i = 3; i < argc; i++) command[i - 3] = numbered(argv[i], n);
    pid_t pid;
    int status;
    double time = now_us();
    int error = posix_spawnp(&pid, command[0], 0, 0, command, environ);
    if (error) {
      fprintf(stderr, "spawntime: %s: %s\n", command[0], strerror(error));
      return 1;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    time = now_us() - time;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected) {
      fprintf(stderr, "spawntime: %s ended with wait status %#x, expected exit status %d\n", command[0], status, expected);
      return 1;
    }
    printf("%.1f\n", time);
  }
  return 0;
}
