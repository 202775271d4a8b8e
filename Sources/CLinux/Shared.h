// What the files of this target share.
#pragma once
#include "CLinux.h"
#include <stdint.h>

struct lx_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
_Static_assert(sizeof(struct lx_clone_args) == 88, "CLONE_ARGS_SIZE_VER2");
#define LX_CLONE_INTO_CGROUP 0x200000000ULL

// Copies descriptors (-1: /dev/null) above every number that a new program is to have, so that no dup2 overwrites one that
// is still to come. Returns 0, or an error number and leaves none open. `moved` has room for `count`: the caller bounds it.
int lx_move_descriptors(const int *fds, int count, int *moved);

// Runs something that changes the thread it runs in, in one that ends with it and takes no signals. Returns 0 or an error
// number of the thread's own making and end.
int lx_in_thread(void *(*body)(void *), void *argument);
