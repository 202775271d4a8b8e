#define _GNU_SOURCE
#include "CLinux.h"
#include "Shared.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// posix_spawn(3) cannot name a cgroup before glibc 2.39, and moving a process afterwards waits for a grace period of RCU:
// some 8 ms on a quiet machine (cgroup_attach_lock, kernel/cgroup/cgroup.c).

// The kernel's set of signals, which is smaller than the C library's.
enum { SIGNAL_SET_BYTES = 8, SIGNALS = 64 };

struct program {
  const char *path;
  char *const *argv, *const *env;
  const int *fds;
  int count, error;
};

// Runs on a stack of its own in the memory of the caller, which is stopped until execve or the end: nothing here may take
// a lock, allocate, or return to a frame of the caller (vfork(2)).
static void run(struct program *program) {
  uint64_t none = 0;
  // CLONE_CLEAR_SIGHAND leaves what is ignored as it is, and so would execve.
  struct { uintptr_t handler, flags, restorer, mask; } standard = {0, 0, 0, 0};
  for (int signal = 1; signal <= SIGNALS; signal++)
    syscall(SYS_rt_sigaction, signal, &standard, NULL, SIGNAL_SET_BYTES); // refused for SIGKILL and SIGSTOP
  int failed = setsid() < 0;
  for (int i = 0; i < program->count && !failed; i++) failed = dup2(program->fds[i], i) < 0;
  failed = failed || syscall(SYS_close_range, program->count, ~0U, 0) < 0;
  failed = failed || syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, SIGNAL_SET_BYTES) < 0;
  if (!failed) execve(program->path, program->argv, program->env);
  program->error = errno;
  _exit(127);
}

// clone3(2) with a stack: the child must not return into the frame that the caller still needs.
static long clone_and_run(struct lx_clone_args *args, struct program *program) {
  long result;
#if defined(__x86_64__)
  __asm__ volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "movq %[program], %%rdi\n\t"
      "call *%[run]\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "0"((long)SYS_clone3), "D"(args), "S"(sizeof *args), [program] "r"(program), [run] "r"(run)
      : "rcx", "r11", "memory", "cc");
#elif defined(__aarch64__)
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)args;
  register long second __asm__("x1") = sizeof *args;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, %[program]\n\t"
      "blr %[run]\n\t"
      "brk #1\n"
      "1:"
      : "+r"(first)
      : "r"(number), "r"(second), [program] "r"(program), [run] "r"(run)
      : "memory", "cc", "x30");
  result = first;
#else
#error "clone3 with a stack is written for x86_64 and aarch64"
#endif
  return result;
}

int lx_spawn_into_cgroup(int cgroup, int program, char *const *argv, char *const *env, const int *fds, int count, pid_t *pid, int *pidfd) {
  int moved[LX_MAX_FDS + 1], own[LX_MAX_FDS + 1];
  char path[32];
  _Alignas(16) char stack[16 << 10];
  uint64_t all = ~0ULL, before = 0;
  if (count < 0 || count > LX_MAX_FDS) return EINVAL;
  // The program's descriptor goes behind the ones it is to keep.
  memcpy(own, fds, (size_t)count * sizeof *fds);
  own[count] = program;
  int result = lx_move_descriptors(own, count + 1, moved);
  if (result) return result;
  snprintf(path, sizeof path, "/proc/self/fd/%d", count);
  struct program job = {.path = path, .argv = argv, .env = env, .fds = moved, .count = count + 1, .error = 0};
  struct lx_clone_args args;
  memset(&args, 0, sizeof args);
  *pidfd = -1;
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | LX_CLONE_CLEAR_SIGHAND | LX_CLONE_INTO_CGROUP;
  args.exit_signal = SIGCHLD;
  args.pidfd = (uint64_t)(uintptr_t)pidfd;
  args.cgroup = (uint64_t)cgroup;
  args.stack = (uint64_t)(uintptr_t)stack;
  args.stack_size = sizeof stack;
  // No handler may run in the child on the caller's memory.
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, SIGNAL_SET_BYTES);
  long child = clone_and_run(&args, &job);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, SIGNAL_SET_BYTES);
  for (int i = 0; i <= count; i++) close(moved[i]);
  if (child < 0) return (int)-child;
  *pid = (pid_t)child;
  if (job.error == 0) return 0;
  // It ends without having been a program.
  while (waitpid(*pid, NULL, __WALL) < 0 && errno == EINTR) {}
  close(*pidfd);
  *pidfd = -1;
  return job.error;
}
