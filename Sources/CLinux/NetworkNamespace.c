#include "CLinux.h"
#include "Shared.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct network { int namespace, routing, error; };

static void *make_network(void *argument) {
  struct network *made = argument;
  if (syscall(SYS_unshare, LX_CLONE_NEWNET)) { made->error = errno; return NULL; }
  made->namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (made->namespace < 0) { made->error = errno; return NULL; }
  // A netlink socket belongs to the namespace in which it was opened.
  made->routing = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (made->routing < 0) made->error = errno;
  return NULL;
}

// A namespace is made by joining it. The thread that does so ends with it: none of the program's own threads is ever in a
// network that is not the host's, whatever fails.
int lx_make_network(int *namespace, int *routing) {
  struct network made = {-1, -1, 0};
  int failed = lx_in_thread(make_network, &made);
  if (!failed) failed = made.error;
  if (failed) {
    if (made.namespace >= 0) close(made.namespace);
    if (made.routing >= 0) close(made.routing);
    errno = failed;
    return -1;
  }
  *namespace = made.namespace;
  *routing = made.routing;
  return 0;
}
