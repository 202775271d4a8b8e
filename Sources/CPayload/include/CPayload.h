// What the payload needs and Swift cannot say: fork, raw system calls of three calling conventions, faults on purpose.
// The same rules as in CLinux.h: no feature macros here, -1 and errno where a system call fails.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

pid_t pl_fork(void);
long pl_keyctl(int operation, long a, long b, long c, long d);
int pl_ptrace_seize(pid_t pid);
// Stops a process that was attached to; -1 if it ended first. Only a stopped one can be let go, and one that is not let
// go cannot be reaped by anybody else.
int pl_ptrace_stop(pid_t pid);
int pl_ptrace_detach(pid_t pid);
// Attaches to a process so that it stops on its way out, whatever ends it, until it is let go.
int pl_ptrace_seize_exit(pid_t pid);

// Calling conventions of pl_try_syscall. The last two exist on x86_64 only.
enum { PL_NATIVE = 0, PL_I386 = 1, PL_X32 = 2 };
// How a call ended.
enum { PL_RESULT = 0, PL_ERRNO = 1, PL_SIGNAL = 2, PL_TIMEOUT = 3, PL_EXIT = 4 };
struct pl_outcome { int kind; long value; };
// Makes one system call with six zero arguments in a child, which is killed after the time given.
// -1 with ENOSYS where this machine has no such calling convention.
int pl_try_syscall(int convention, long number, int timeout_ms, struct pl_outcome *outcome);

// Ends this process by the signal, also as the init of a pid namespace, which ignores signals that it sends itself but
// not faults. Returns only if there is no such fault on this machine.
void pl_die(int signal);
int pl_ignore(int signal);
void pl_touch(void *memory, size_t length);
