#define _GNU_SOURCE
#include "CTrace.h"
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/ptrace.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

int ct_seize(pid_t pid) {
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, pid, 0, options)) return -1;
  return (int)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
}

static int read_call(struct ct_stop *stop) {
  struct ptrace_syscall_info info;
  memset(&info, 0, sizeof info);
  if (ptrace(PTRACE_GET_SYSCALL_INFO, stop->pid, sizeof info, &info) <= 0) return -1;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    stop->kind = CT_ENTRY;
    stop->number = info.entry.nr;
    for (int i = 0; i < 6; i++) stop->arguments[i] = info.entry.args[i];
  } else {
    stop->kind = CT_RETURN;
    stop->result = info.exit.rval;
  }
  return 0;
}

int ct_wait(struct ct_stop *stop) {
  int status = 0;
  memset(stop, 0, sizeof *stop);
  // __WNOTHREAD: the program's other threads have children of their own, which are theirs to reap.
  pid_t pid = waitpid(-1, &status, __WALL | __WNOTHREAD);
  if (pid < 0) {
    if (errno != ECHILD) return -1;
    stop->kind = CT_NOBODY;
    return 0;
  }
  stop->pid = pid;
  stop->kind = CT_OTHER;
  if (WIFEXITED(status) || WIFSIGNALED(status)) {
    stop->kind = CT_ENDED;
    return 0;
  }
  int signal = WSTOPSIG(status), event = status >> 16;
  if (signal == (SIGTRAP | 0x80)) {
    // One that is being killed has nothing to tell any more; its end comes next.
    if (read_call(stop)) stop->kind = CT_OTHER;
  } else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
    unsigned long child = 0;
    if (!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child)) { stop->kind = CT_CHILD; stop->child = (pid_t)child; }
  } else if (event == PTRACE_EVENT_EXEC) {
    stop->kind = CT_EXEC;
  } else if (event == 0) {
    stop->kind = CT_SIGNAL;
    stop->signal = signal;
  }
  return 0;
}

int ct_resume(pid_t pid, int signal) { return (int)ptrace(PTRACE_SYSCALL, pid, 0, (long)signal); }
int ct_release(pid_t pid) { return (int)ptrace(PTRACE_DETACH, pid, 0, 0); }

#if defined(__x86_64__)
static int registers(pid_t pid, int write, struct user_regs_struct *r) {
  struct iovec v = {r, sizeof *r};
  return (int)ptrace(write ? PTRACE_SETREGSET : PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
}
int ct_skip(pid_t pid) {
  struct user_regs_struct r;
  if (registers(pid, 0, &r)) return -1;
  r.orig_rax = (unsigned long long)-1;
  return registers(pid, 1, &r);
}
int ct_answer(pid_t pid, int64_t result) {
  struct user_regs_struct r;
  if (registers(pid, 0, &r)) return -1;
  r.rax = (unsigned long long)result;
  return registers(pid, 1, &r);
}
#elif defined(__aarch64__)
int ct_skip(pid_t pid) {
  int number = -1;
  struct iovec v = {&number, sizeof number};
  return (int)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &v);
}
int ct_answer(pid_t pid, int64_t result) {
  struct user_regs_struct r;
  struct iovec v = {&r, sizeof r};
  if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v)) return -1;
  r.regs[0] = (unsigned long long)result;
  return (int)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
}
#else
#error "registers of this machine are not known here"
#endif

ssize_t ct_bytes(pid_t pid, uint64_t address, void *buffer, size_t size) {
  struct iovec local = {buffer, size}, remote = {(void *)(uintptr_t)address, size};
  return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}
ssize_t ct_string(pid_t pid, uint64_t address, char *buffer, size_t size) {
  size_t length = 0;
  // Not beyond the end of a page at a time: what follows may not be mapped.
  while (length + 1 < size) {
    size_t rest = 4096 - (size_t)((address + length) % 4096);
    if (rest > size - 1 - length) rest = size - 1 - length;
    ssize_t n = ct_bytes(pid, address + length, buffer + length, rest);
    if (n <= 0) return -1;
    char *end = memchr(buffer + length, 0, (size_t)n);
    if (end) return end - buffer;
    length += (size_t)n;
  }
  buffer[length] = 0;
  return (ssize_t)length;
}
