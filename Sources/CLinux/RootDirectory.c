#define _GNU_SOURCE
#include "CLinux.h"
#include "Shared.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct comparison { int differs, error; };

static int look(struct statx *root) { return statx(AT_FDCWD, "/", AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_MNT_ID, root); }

// setns(2) into the mount namespace that one is in already leads to the namespace's own root directory.
static void *compare_roots(void *argument) {
  struct comparison *result = argument;
  struct statx own, true_root;
  int space = -1;
  if (look(&own) || syscall(SYS_unshare, CLONE_FS) ||
      (space = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)) < 0 ||
      syscall(SYS_setns, space, LX_CLONE_NEWNS) || look(&true_root)) {
    result->error = errno;
  } else {
    result->differs = own.stx_mnt_id != true_root.stx_mnt_id || own.stx_ino != true_root.stx_ino ||
                      own.stx_dev_major != true_root.stx_dev_major || own.stx_dev_minor != true_root.stx_dev_minor;
  }
  if (space >= 0) close(space);
  return NULL;
}

int lx_is_in_chroot(void) {
  struct comparison result = {0, 0};
  int failed = lx_in_thread(compare_roots, &result);
  if (!failed) failed = result.error;
  if (failed) {
    errno = failed;
    return -1;
  }
  return result.differs;
}
