// What the kernel alone charges for one container: what is left when every line of a runtime costs nothing.
//   floor LEVEL start|run ROOTFS COUNT        (as root; ROOTFS holds a static /bin/true)
// prints microseconds, one line per container, from clone3 to the moment its execve succeeds (start: the CLOEXEC pipe
// closes) or to its exit status (run). LEVEL is one of
//   exec        fork and execve, nothing else
//   namespaces  + pid, mount, ipc, uts and cgroup namespaces
//   rootfs      + overlay root, /proc, /sys, /dev, devpts, shm, mqueue, six devices, pivot_root
//   network     + a network namespace with a veth pair on a bridge, addressed and up
// No masks, no seccomp, no capabilities, no records: those are the runtime's own. It works in mount and network namespaces
// of its own and leaves nothing behind.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum level { EXEC, NAMESPACES, ROOTFS, NETWORK, LEVELS };
static const char *const level_names[LEVELS] = {"exec", "namespaces", "rootfs", "network"};
static const unsigned long long pod_namespaces =
    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

static char lower[2048], work[] = "/tmp/floor.XXXXXX";

static void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void mount_or_die(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
  if (mount(source, target, type, flags, data)) die(target);
}

// ---- rtnetlink, as a native agent would speak it ------------------------------------------------

struct request {
  struct nlmsghdr header;
  char body[1024];
};

static int netlink(void) {
  int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (s < 0) die("netlink socket");
  return s;
}

static void *tail(struct request *r) { return (char *)r + NLMSG_ALIGN(r->header.nlmsg_len); }

static struct rtattr *put(struct request *r, unsigned short type, const void *data, size_t size) {
  struct rtattr *a = tail(r);
  a->rta_type = type;
  a->rta_len = (unsigned short)RTA_LENGTH(size);
  if (size) memcpy(RTA_DATA(a), data, size);
  r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
  return a;
}

static void close_nest(struct request *r, struct rtattr *a) { a->rta_len = (unsigned short)((char *)tail(r) - (char *)a); }

static struct request link_request(int flags) {
  struct request r = {.header = {.nlmsg_type = RTM_NEWLINK, .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg))}};
  r.header.nlmsg_flags = (unsigned short)flags;
  return r;
}

static void talk(int s, struct request *r, const char *what) {
  char answer[4096];
  r->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  if (send(s, r, r->header.nlmsg_len, 0) < 0 || recv(s, answer, sizeof answer, 0) < 0) die(what);
  struct nlmsghdr *h = (void *)answer;
  int error = h->nlmsg_type == NLMSG_ERROR ? ((struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
  if (error) {
    errno = -error;
    die(what);
  }
}

static void link_up(int s, unsigned index) {
  struct request r = link_request(0);
  struct ifinfomsg *link = NLMSG_DATA(&r.header);
  link->ifi_index = (int)index;
  link->ifi_flags = link->ifi_change = IFF_UP;
  talk(s, &r, "link up");
}

static unsigned make_bridge(int s, const char *name) {
  struct request r = link_request(NLM_F_CREATE);
  put(&r, IFLA_IFNAME, name, strlen(name) + 1);
  struct rtattr *info = put(&r, IFLA_LINKINFO, 0, 0);
  put(&r, IFLA_INFO_KIND, "bridge", 6);
  close_nest(&r, info);
  talk(s, &r, "bridge");
  unsigned index = if_nametoindex(name);
  link_up(s, index);
  return index;
}

static void make_veth(int s, const char *name, pid_t peer, unsigned bridge) {
  struct request r = link_request(NLM_F_CREATE | NLM_F_EXCL);
  struct ifinfomsg *link = NLMSG_DATA(&r.header);
  link->ifi_flags = link->ifi_change = IFF_UP;
  put(&r, IFLA_IFNAME, name, strlen(name) + 1);
  put(&r, IFLA_MASTER, &bridge, sizeof bridge);
  struct rtattr *info = put(&r, IFLA_LINKINFO, 0, 0);
  put(&r, IFLA_INFO_KIND, "veth", 4);
  struct rtattr *data = put(&r, IFLA_INFO_DATA, 0, 0), *other = put(&r, VETH_INFO_PEER, 0, 0);
  memset(tail(&r), 0, sizeof(struct ifinfomsg));
  r.header.nlmsg_len += sizeof(struct ifinfomsg);
  put(&r, IFLA_IFNAME, "eth0", 5);
  put(&r, IFLA_NET_NS_PID, &peer, sizeof peer);
  close_nest(&r, other);
  close_nest(&r, data);
  close_nest(&r, info);
  talk(s, &r, "veth");
}

static void configure_network(unsigned n) {  // inside: lo up, eth0 addressed and up
  int s = netlink();
  unsigned eth = if_nametoindex("eth0"), address = htonl(0x0a630000u + 2 + n);
  link_up(s, 1);
  struct request r = {.header = {.nlmsg_type = RTM_NEWADDR, .nlmsg_flags = NLM_F_CREATE}};
  r.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg));
  struct ifaddrmsg *a = NLMSG_DATA(&r.header);
  a->ifa_family = AF_INET;
  a->ifa_prefixlen = 16;
  a->ifa_index = eth;
  put(&r, IFA_LOCAL, &address, sizeof address);
  put(&r, IFA_ADDRESS, &address, sizeof address);
  talk(s, &r, "address");
  link_up(s, eth);
  close(s);
}

// ---- the container's side -----------------------------------------------------------------------

static void enter_root(unsigned n) {
  static const unsigned char devices[][2] = {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}};
  static const char *const names[] = {"null", "zero", "full", "random", "urandom", "tty"};
  const unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  char root[64], options[4000], path[32];
  mount_or_die(0, "/", 0, MS_REC | MS_PRIVATE, 0);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/%u/u,workdir=%s/%u/w", lower, work, n, work, n);
  snprintf(root, sizeof root, "%s/%u/m", work, n);
  mount_or_die("overlay", root, "overlay", 0, options);
  if (chdir(root)) die(root);
  mkdir("proc", 0755), mkdir("sys", 0755), mkdir("dev", 0755);
  mount_or_die("proc", "proc", "proc", quiet, 0);
  mount_or_die("sysfs", "sys", "sysfs", quiet | MS_RDONLY, 0);
  mount_or_die("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
  mkdir("dev/pts", 0755), mkdir("dev/shm", 01777), mkdir("dev/mqueue", 0755);
  mount_or_die("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
  mount_or_die("shm", "dev/shm", "tmpfs", quiet, "size=65536k");
  mount_or_die("mqueue", "dev/mqueue", "mqueue", quiet, 0);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    snprintf(path, sizeof path, "dev/%s", names[i]);
    if (mknod(path, S_IFCHR | 0666, makedev(devices[i][0], devices[i][1]))) die(path);
  }
  if (syscall(SYS_pivot_root, ".", ".")) die("pivot_root");
  if (umount2(".", MNT_DETACH)) die("umount of the old root");
  if (chdir("/")) die("chdir /");
}

static _Noreturn void child(enum level level, unsigned n, int go) {
  char byte;
  if (level >= NETWORK) {
    if (read(go, &byte, 1) != 1) die("waiting for the veth");
    configure_network(n);
  }
  if (level >= ROOTFS) enter_root(n);
  char *argv[] = {"/bin/true", 0}, *envp[] = {0};
  execve(argv[0], argv, envp);
  die("execve /bin/true");
  _exit(1);
}

static double one(enum level level, int to_exit, unsigned n, int s, unsigned bridge) {
  int started[2], go[2], status;
  char byte;
  if (pipe2(started, O_CLOEXEC) || pipe2(go, O_CLOEXEC)) die("pipe");
  struct clone_args args = {.exit_signal = SIGCHLD};
  if (level >= NAMESPACES) args.flags |= pod_namespaces;
  if (level >= NETWORK) args.flags |= CLONE_NEWNET;
  double time = now_us();
  pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) die("clone3");
  if (!pid) {
    close(started[0]);
    close(go[1]);
    child(level, n, go[0]);
  }
  close(started[1]);
  close(go[0]);
  if (level >= NETWORK) {
    char name[16];
    snprintf(name, sizeof name, "flr%u", n);
    make_veth(s, name, pid, bridge);
    if (write(go[1], "g", 1) != 1) die("go");
  }
  while (read(started[0], &byte, 1) > 0) {
  }
  double start = now_us() - time;
  if (waitpid(pid, &status, 0) != pid) die("waitpid");
  double run = now_us() - time;
  close(started[0]);
  close(go[1]);
  if (status) {
    fprintf(stderr, "floor: the container ended with wait status %#x\n", status);
    exit(1);
  }
  return to_exit ? run : start;
}

int main(int argc, char **argv) {
  int level = 0, to_exit = argc == 5 && !strcmp(argv[2], "run");
  while (argc == 5 && level < LEVELS && strcmp(argv[1], level_names[level])) level++;
  char *end = "";
  long count = argc == 5 ? strtol(argv[4], &end, 10) : 0;
  if (argc != 5 || level == LEVELS || (!to_exit && strcmp(argv[2], "start")) || *end || count < 1 || count > 60000) {
    fprintf(stderr, "usage: floor exec|namespaces|rootfs|network start|run ROOTFS COUNT\n");
    return 2;
  }
  char *full = realpath(argv[3], 0);
  if (!full || strlen(full) >= sizeof lower) die(argv[3]);
  strcpy(lower, full);
  free(full);
  if (!mkdtemp(work)) die(work);
  // From here on nothing of the machine is touched but that empty folder, which is removed at the end.
  if (unshare(CLONE_NEWNET | CLONE_NEWNS)) die("unshare");
  mount_or_die(0, "/", 0, MS_REC | MS_PRIVATE, 0);
  mount_or_die("tmpfs", work, "tmpfs", 0, 0);
  for (long i = 0; i < count; i++) {
    const char *const parts[] = {"", "/u", "/w", "/m"};
    for (int k = 0; k < 4; k++) {
      char path[64];
      snprintf(path, sizeof path, "%s/%ld%s", work, i, parts[k]);
      if (mkdir(path, 0755)) die(path);
    }
  }
  int s = netlink();
  unsigned bridge = level >= NETWORK ? make_bridge(s, "flrbr0") : 0;
  for (long i = 0; i < count; i++) printf("%.1f\n", one((enum level)level, to_exit, (unsigned)i, s, bridge));
  fflush(stdout);
  umount2(work, MNT_DETACH);
  rmdir(work);
  return 0;
}
