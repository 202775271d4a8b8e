// ptrace(2) for tests that stop, fail or end a process at a chosen system call. Swift cannot call it: it is variadic, and
// registers differ by machine. Every function returns -1 and sets errno as the system call does.
//
// All calls for one tracee must come from the thread that seized it.
#pragma once
#include <stdint.h>
#include <sys/types.h>

enum {
  CT_NOBODY = 0,   // no tracee is left
  CT_ENTRY = 1,    // before a system call: number, arguments
  CT_RETURN = 2,   // after one: result
  CT_CHILD = 3,    // the tracee has a new child, which is traced too
  CT_EXEC = 4,     // execve has succeeded
  CT_SIGNAL = 5,   // a signal is about to be delivered
  CT_ENDED = 6,    // gone
  CT_OTHER = 7,    // a stop without meaning here: attached, group stop
};
struct ct_stop {
  int kind;
  pid_t pid;
  uint64_t number;
  uint64_t arguments[6];
  int64_t result;
  pid_t child;
  int signal;
};

// Attaches to a running process and to all that it will start; they die with this thread. Stops it for a moment.
int ct_seize(pid_t pid);
// Waits for the next stop of any tracee of this thread.
int ct_wait(struct ct_stop *stop);
// Lets a stopped tracee run to its next stop, with a signal or 0.
int ct_resume(pid_t pid, int signal);
// Lets it go.
int ct_release(pid_t pid);
// At CT_ENTRY: the call is not made, and ends with ENOSYS until ct_answer says otherwise.
int ct_skip(pid_t pid);
// At CT_RETURN: what the program sees.
int ct_answer(pid_t pid, int64_t result);
// A string of the tracee, at most size - 1 bytes; its length.
ssize_t ct_string(pid_t pid, uint64_t address, char *buffer, size_t size);
// Bytes of the tracee.
ssize_t ct_bytes(pid_t pid, uint64_t address, void *buffer, size_t size);
