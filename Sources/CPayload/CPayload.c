#define _GNU_SOURCE
#include "CPayload.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

pid_t pl_fork(void) { return fork(); }
long pl_keyctl(int operation, long a, long b, long c, long d) { return syscall(SYS_keyctl, operation, a, b, c, d); }
int pl_ptrace_seize(pid_t pid) { return (int)ptrace(PTRACE_SEIZE, pid, 0, 0); }
int pl_ptrace_seize_exit(pid_t pid) { return (int)ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT); }
int pl_ptrace_stop(pid_t pid) {
  int status = 0;
  if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0) return -1;
  while (waitpid(pid, &status, __WALL) < 0) if (errno != EINTR) return -1;
  if (WIFSTOPPED(status)) return 0;
  errno = ESRCH;
  return -1;
}
int pl_ptrace_detach(pid_t pid) { return (int)ptrace(PTRACE_DETACH, pid, 0, 0); }
int pl_ignore(int signal_number) { return signal(signal_number, SIG_IGN) == SIG_ERR ? -1 : 0; }
void pl_touch(void *memory, size_t length) {
  volatile char *bytes = memory;
  for (size_t i = 0; i < length; i += 4096) bytes[i] = 1;
}

// The raw call: minus the error number, as the kernel answers. Everything stays in registers, because after vfork two
// processes return on one stack.
static inline __attribute__((always_inline)) long raw(int convention, long number) {
#if defined(__x86_64__)
  long result;
  if (convention == PL_I386) {
    // The kernel hands back 32 bits and clears what it likes of r8 to r11.
    __asm__ volatile("movq %%rbp, %%r12\n\txorl %%ebp, %%ebp\n\tint $0x80\n\tmovq %%r12, %%rbp"
                     : "=a"(result)
                     : "a"(number), "b"(0L), "c"(0L), "d"(0L), "S"(0L), "D"(0L)
                     : "r8", "r9", "r10", "r11", "r12", "memory");
    return (int)result;
  }
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  register long r9 __asm__("r9") = 0;
  if (convention == PL_X32) number |= 0x40000000;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(0L), "S"(0L), "d"(0L), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  (void)convention;
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = 0;
  register long x1 __asm__("x1") = 0;
  register long x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 0;
  register long x4 __asm__("x4") = 0;
  register long x5 __asm__("x5") = 0;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "system calls of this machine are not known here"
#endif
}

struct shared { volatile long value; volatile int done; volatile pid_t child; };

// Runs in the child; never returns. Whoever else comes back from the call (fork, vfork, clone) leaves at once.
static __attribute__((noreturn, noinline)) void call_and_exit(struct shared *shared, int convention, long number) {
  long result = raw(convention, number);
  if ((pid_t)syscall(SYS_getpid) == shared->child) {
    shared->value = result;
    shared->done = 1;
  }
  for (;;) syscall(SYS_exit_group, 0);
}

// 1: the child ended and *status is set; 0: time is over.
static int wait_until(pid_t child, int timeout_ms, int *status) {
  struct timespec pause = {0, 1000000};
  for (int waited = 0;; waited++) {
    pid_t ended = waitpid(child, status, WNOHANG | __WALL);
    if (ended == child && (WIFEXITED(*status) || WIFSIGNALED(*status))) return 1;
    if (waited >= timeout_ms) return 0;
    // The first look is immediate, then short naps: most calls are over in microseconds.
    if (waited < 20) { struct timespec nap = {0, 50000}; nanosleep(&nap, 0); if (waited % 2) continue; }
    else nanosleep(&pause, 0);
  }
}

int pl_try_syscall(int convention, long number, int timeout_ms, struct pl_outcome *outcome) {
#if !defined(__x86_64__)
  if (convention != PL_NATIVE) { errno = ENOSYS; return -1; }
#endif
  struct shared *shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1;
  pid_t child = fork();
  if (child < 0) { munmap(shared, sizeof *shared); return -1; }
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A group of its own: a call that signals "my group" must not reach the others.
    setpgid(0, 0);
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) { dup2(null, 0); dup2(null, 1); dup2(null, 2); }
    shared->child = getpid();
    call_and_exit(shared, convention, number);
  }
  int status = 0;
  int ended = wait_until(child, timeout_ms, &status);
  if (!ended) {
    kill(child, SIGKILL);
    while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) {}
  }
  // A call that answered has answered, whatever became of the child afterwards.
  if (shared->done) {
    long value = shared->value;
    outcome->kind = value < 0 && value > -4096 ? PL_ERRNO : PL_RESULT;
    outcome->value = outcome->kind == PL_ERRNO ? -value : value;
  } else if (!ended) {
    outcome->kind = PL_TIMEOUT;
    outcome->value = timeout_ms;
  } else if (WIFSIGNALED(status)) {
    outcome->kind = PL_SIGNAL;
    outcome->value = WTERMSIG(status);
  } else {
    outcome->kind = PL_EXIT;
    outcome->value = WEXITSTATUS(status);
  }
  munmap(shared, sizeof *shared);
  // What fork and its like left behind, where this process is the reaper.
  while (waitpid(-1, &status, WNOHANG | __WALL) > 0) {}
  return 0;
}

void pl_die(int number) {
  signal(number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  sigprocmask(SIG_UNBLOCK, &one, 0);
  switch (number) {
  case SIGSEGV: *(volatile int *)8 = 1; break;
  case SIGBUS: {
    int memory = memfd_create("empty", 0);
    volatile char *page = mmap(0, 4096, PROT_READ, MAP_SHARED, memory, 0);
    if (page != MAP_FAILED) (void)*page;
    break;
  }
#if defined(__x86_64__)
  case SIGILL: __asm__ volatile("ud2"); break;
  case SIGTRAP: __asm__ volatile("int3"); break;
  case SIGFPE: __asm__ volatile("xorl %%ecx, %%ecx\n\tidivl %%ecx" : : "a"(1), "d"(0) : "ecx"); break;
#elif defined(__aarch64__)
  case SIGILL: __asm__ volatile("udf #0"); break;
  case SIGTRAP: __asm__ volatile("brk #0"); break;
#endif
  default: break;
  }
  kill(getpid(), number);
}
