#define _GNU_SOURCE
#include "CLinux.h"
#include "Shared.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int lx_clone3(uint64_t flags, int *pidfd, int cgroup_fd, uint64_t exit_signal) {
  struct lx_clone_args a;
  memset(&a, 0, sizeof a);
  a.flags = flags;
  a.exit_signal = exit_signal;
  if (pidfd) { a.flags |= CLONE_PIDFD; a.pidfd = (uint64_t)(uintptr_t)pidfd; }
  if (cgroup_fd >= 0) { a.flags |= LX_CLONE_INTO_CGROUP; a.cgroup = (uint64_t)cgroup_fd; }
  return (int)syscall(SYS_clone3, &a, sizeof a);
}
int lx_unshare(int flags) { return unshare(flags); }
int lx_setns(int fd, int flags) { return setns(fd, flags); }
int lx_setsid(void) { return setsid(); }
int lx_sethostname(const char *name, size_t length) { return sethostname(name, length); }
// The C library may cache nothing here: after clone3 only the system call tells the truth.
int lx_getppid(void) { return (int)syscall(SYS_getppid); }
void lx_exit(int code) { _exit(code); }

int lx_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
int lx_pidfd_send_signal(int pidfd, int signal) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0); }
int lx_wait_pidfd(int pidfd, int *kind, int *code) {
  siginfo_t info;
  info.si_pid = 0;
  if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL)) return -1;
  if (info.si_pid == 0) return 0;
  *kind = info.si_code == CLD_EXITED ? LX_WAIT_EXITED : LX_WAIT_SIGNALED;
  *code = info.si_status;
  return 1;
}
int lx_ended_child(void) {
  siginfo_t info;
  info.si_pid = 0;
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL)) return errno == ECHILD ? 0 : -1;
  return info.si_pid;
}
// struct pidfd_info of Linux 6.15; older kernels answer ENOTTY or EINVAL.
struct lx_pidfd_info {
  uint64_t mask, cgroupid;
  uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  int32_t exit_code;
};
_Static_assert(sizeof(struct lx_pidfd_info) == 64, "PIDFD_INFO_SIZE_VER0");
int lx_pidfd_exit_status(int pidfd, int *status) {
  struct lx_pidfd_info info;
  memset(&info, 0, sizeof info);
  info.mask = 8; // PIDFD_INFO_EXIT
  if (ioctl(pidfd, _IOWR(0xFF, 11, struct lx_pidfd_info), &info)) return -1;
  if (!(info.mask & 8)) { errno = EAGAIN; return -1; }
  *status = info.exit_code;
  return 0;
}

int lx_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */); }
int lx_fsconfig_flag(int fs, const char *key) { return (int)syscall(SYS_fsconfig, fs, 0, key, NULL, 0); }
int lx_fsconfig_string(int fs, const char *key, const char *value) { return (int)syscall(SYS_fsconfig, fs, 1, key, value, 0); }
int lx_fsconfig_fd(int fs, const char *key, int fd) { return (int)syscall(SYS_fsconfig, fs, 5, key, NULL, fd); }
int lx_fsconfig_create(int fs) { return (int)syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0); }
int lx_fsmount(int fs, unsigned attributes) { return (int)syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, attributes); }
static int tree(int dir, const char *path, int recursive, unsigned extra) {
  unsigned flags = O_CLOEXEC | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | extra | (recursive ? 0x8000u : 0);
  return (int)syscall(SYS_open_tree, dir, path, flags);
}
int lx_open_tree(int dir, const char *path, int recursive) { return tree(dir, path, recursive, 0); }
int lx_open_tree_clone(int dir, const char *path, int recursive) { return tree(dir, path, recursive, 1); }
int lx_move_mount(int mount, int target_dir, const char *target_path) {
  // MOVE_MOUNT_F_EMPTY_PATH, and MOVE_MOUNT_T_EMPTY_PATH for a target that is a descriptor
  unsigned flags = 4u | (target_path[0] ? 0 : 0x40u);
  return (int)syscall(SYS_move_mount, mount, "", target_dir, target_path, flags);
}
int lx_mount_setattr(int dir, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation) {
  struct { uint64_t set, clear, propagation, userns; } a = {set, clear, propagation, 0};
  unsigned flags = (path[0] ? 0 : AT_EMPTY_PATH) | (recursive ? 0x8000u : 0);
  return (int)syscall(SYS_mount_setattr, dir, path, flags, &a, sizeof a);
}
int lx_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
  return mount(source, target, type, flags, data);
}
int lx_umount2(const char *target, int flags) { return umount2(target, flags); }
int lx_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }

int lx_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct { uint64_t flags, mode, resolve; } how = {flags | O_CLOEXEC, mode, resolve};
  return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}
int lx_close_range(unsigned first, unsigned last, int cloexec) {
  return (int)syscall(SYS_close_range, first, last, cloexec ? 4 /* CLOSE_RANGE_CLOEXEC */ : 0);
}
int lx_pipe2(int fds[2], int flags) { return pipe2(fds, flags); }
int lx_dup3(int old, int new_fd, int flags) { return dup3(old, new_fd, flags); }
int lx_syncfs(int fd) { return syncfs(fd); }
int lx_fstatfs_type(int fd, int64_t *type) {
  struct statfs s;
  if (fstatfs(fd, &s)) return -1;
  *type = (int64_t)s.f_type;
  return 0;
}
int lx_fcntl_int(int fd, int command, int argument) { return fcntl(fd, command, argument); }
static int ofd(int fd, int command, short type, struct flock *l) {
  memset(l, 0, sizeof *l);
  l->l_type = type;
  l->l_whence = SEEK_SET;
  return fcntl(fd, command, l);
}
int lx_ofd_lock(int fd, int exclusive, int wait) {
  struct flock l;
  return ofd(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, exclusive ? F_WRLCK : F_RDLCK, &l);
}
int lx_ofd_unlock(int fd) { struct flock l; return ofd(fd, F_OFD_SETLK, F_UNLCK, &l); }
int lx_ofd_is_locked(int fd) {
  struct flock l;
  if (ofd(fd, F_OFD_GETLK, F_WRLCK, &l)) return -1;
  return l.l_type != F_UNLCK;
}
ssize_t lx_getdents(int fd, void *buffer, size_t size) { return syscall(SYS_getdents64, fd, buffer, size); }
int lx_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
  return renameat2(from_dir, from, to_dir, to, flags);
}
int lx_getcwd(char *buffer, size_t size) { return (int)syscall(SYS_getcwd, buffer, size); }
ssize_t lx_getxattr(const char *path, const char *name, void *value, size_t size) { return getxattr(path, name, value, size); }
unsigned long lx_makedev(unsigned major, unsigned minor) { return makedev(major, minor); }

int lx_memfd(const char *name, int executable) {
  if (!executable) return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fd;
}
static const int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
int lx_seal(int fd) {
  // EBUSY: somebody else, such as the kernel moving pages about, has a page in hand (mm/memfd.c, memfd_wait_for_pins).
  for (int tries = 0; tries < 20; tries++) {
    if (!fcntl(fd, F_ADD_SEALS, all_seals)) return 0;
    if (errno != EBUSY) return -1;
    nanosleep(&(struct timespec){0, 5000000}, NULL);
  }
  return fcntl(fd, F_ADD_SEALS, all_seals);
}
int lx_is_sealed(int fd) {
  int seals = fcntl(fd, F_GET_SEALS);
  return seals < 0 ? -1 : (seals & all_seals) == all_seals;
}

int lx_collapse(int fd, size_t size) {
  enum { HUGE = 2 << 20, COLLAPSE = 25 };
  // The kernel takes stretches that are as aligned in memory as in the file.
  char *room = mmap(0, size + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return -1;
  char *place = room + (-(uintptr_t)room & (HUGE - 1));
  int result = mmap(place, size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ? -1 : 0;
  if (result == 0) result = madvise(place, size & ~(size_t)(HUGE - 1), COLLAPSE);
  int error = errno;
  munmap(room, size + HUGE);
  errno = error;
  return result;
}

int lx_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}
int lx_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
int lx_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2] = {
      {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
      {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)}};
  return (int)syscall(SYS_capset, &h, d);
}
int lx_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  if (syscall(SYS_capget, &h, d)) return -1;
  *effective = d[0].effective | (uint64_t)d[1].effective << 32;
  *permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
  *inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
  return 0;
}
// Raw calls: the C library's wrappers signal other threads, of which a program that just cloned has none.
int lx_setgroups(size_t count, const uint32_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }
int lx_setresuid(uint32_t id) { return (int)syscall(SYS_setresuid, id, id, id); }
int lx_setresgid(uint32_t id) { return (int)syscall(SYS_setresgid, id, id, id); }
int lx_getresuid(uint32_t *r, uint32_t *e, uint32_t *s) { return (int)syscall(SYS_getresuid, r, e, s); }
int lx_getresgid(uint32_t *r, uint32_t *e, uint32_t *s) { return (int)syscall(SYS_getresgid, r, e, s); }
int lx_setrlimit(int resource, uint64_t soft, uint64_t hard) {
  struct { uint64_t soft, hard; } l = {soft, hard};
  return (int)syscall(SYS_prlimit64, 0, resource, &l, NULL);
}
int lx_getrlimit(int resource, uint64_t *soft, uint64_t *hard) {
  struct { uint64_t soft, hard; } l;
  if (syscall(SYS_prlimit64, 0, resource, NULL, &l)) return -1;
  *soft = l.soft;
  *hard = l.hard;
  return 0;
}
int lx_join_session_keyring(const char *name) { return (int)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0); }
int lx_seccomp_set_filter(const void *instructions, unsigned count, unsigned flags) {
  struct sock_fprog program = {(unsigned short)count, (struct sock_filter *)(uintptr_t)instructions};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
static void nothing(int signal) { (void)signal; }
int lx_reset_signals(void) {
  // The kernel's own call: the C library refuses its own two signals, which may have been inherited as ignored.
  struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } action = {NULL, 0, NULL, 0};
  for (int s = 1; s <= 64; s++)
    if (s != SIGKILL && s != SIGSTOP && syscall(SYS_rt_sigaction, s, &action, NULL, sizeof action.mask)) return -1;
  struct sigaction pipe = {.sa_handler = nothing, .sa_flags = SA_RESTART};
  return sigaction(SIGPIPE, &pipe, NULL);
}
int lx_unblock_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, NULL);
}
int lx_reset_affinity(void) {
  // Every bit set: the kernel reduces it to the processors of the cpuset.
  unsigned char all[1024];
  memset(all, 0xff, sizeof all);
  return (int)syscall(SYS_sched_setaffinity, 0, sizeof all, all);
}

int lx_seqpacket(void) { return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0); }
int lx_socketpair(int fds[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds); }
static int unix_address(struct sockaddr_un *a, const char *path) {
  memset(a, 0, sizeof *a);
  a->sun_family = AF_UNIX;
  size_t n = strlen(path);
  if (n >= sizeof a->sun_path) { errno = ENAMETOOLONG; return -1; }
  memcpy(a->sun_path, path, n);
  return 0;
}
int lx_bind_unix(int s, const char *path) {
  struct sockaddr_un a;
  return unix_address(&a, path) ? -1 : bind(s, (struct sockaddr *)&a, sizeof a);
}
int lx_connect_unix(int s, const char *path) {
  struct sockaddr_un a;
  return unix_address(&a, path) ? -1 : connect(s, (struct sockaddr *)&a, sizeof a);
}
int lx_accept(int s) { return accept4(s, NULL, NULL, SOCK_CLOEXEC); }
ssize_t lx_send(int s, const void *bytes, size_t count, const int *fds, int fd_count) {
  struct iovec v = {(void *)(uintptr_t)bytes, count};
  union { struct cmsghdr h; char room[CMSG_SPACE(LX_MAX_FDS * sizeof(int))]; } control;
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  if (fd_count < 0 || fd_count > LX_MAX_FDS) { errno = EINVAL; return -1; }
  if (fd_count) {
    memset(&control, 0, sizeof control);
    m.msg_control = &control;
    m.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, (size_t)fd_count * sizeof(int));
  }
  return sendmsg(s, &m, MSG_NOSIGNAL);
}
ssize_t lx_receive(int s, void *bytes, size_t capacity, int *fds, int *fd_count) {
  struct iovec v = {bytes, capacity};
  union { struct cmsghdr h; char room[CMSG_SPACE(LX_MAX_FDS * sizeof(int))]; } control;
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  *fd_count = 0;
  ssize_t n = recvmsg(s, &m, MSG_CMSG_CLOEXEC);
  if (n < 0) return -1;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int k = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < k; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + (size_t)i * sizeof(int), sizeof fd);
      if (*fd_count < LX_MAX_FDS) fds[(*fd_count)++] = fd; else close(fd);
    }
  }
  if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
    while (*fd_count > 0) close(fds[--*fd_count]);
    errno = EBADMSG;
    return -1;
  }
  return n;
}
int lx_peer(int s, pid_t *pid, uint32_t *uid) {
  struct ucred c;
  socklen_t n = sizeof c;
  if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n)) return -1;
  *pid = c.pid;
  *uid = c.uid;
  return 0;
}
int lx_loopback_up(void) {
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return -1;
  struct ifreq r;
  memset(&r, 0, sizeof r);
  memcpy(r.ifr_name, "lo", 3);
  int done = ioctl(s, SIOCGIFFLAGS, &r);
  if (!done) { r.ifr_flags |= IFF_UP; done = ioctl(s, SIOCSIFFLAGS, &r); }
  int e = errno;
  close(s);
  errno = e;
  return done;
}

int lx_open_terminal_peer(int master) { return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC); }
int lx_unlock_terminal(int master) { int zero = 0; return ioctl(master, TIOCSPTLCK, &zero); }
int lx_make_controlling_terminal(int terminal) { return ioctl(terminal, TIOCSCTTY, 0); }
int lx_set_window_size(int terminal, unsigned short rows, unsigned short columns) {
  struct winsize w = {.ws_row = rows, .ws_col = columns};
  return ioctl(terminal, TIOCSWINSZ, &w);
}
int lx_get_window_size(int terminal, unsigned short *rows, unsigned short *columns) {
  struct winsize w;
  if (ioctl(terminal, TIOCGWINSZ, &w)) return -1;
  *rows = w.ws_row;
  *columns = w.ws_col;
  return 0;
}

static int signals(int first, int second) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, first);
  sigaddset(&set, second);
  if (sigprocmask(SIG_BLOCK, &set, NULL)) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
int lx_termination_signals(void) { return signals(SIGTERM, SIGINT); }
int lx_child_signals(void) { return signals(SIGCHLD, SIGCHLD); }

int lx_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int lx_bpf_load_device_program(const uint64_t *instructions, unsigned count, char *log, unsigned log_size) {
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  a.insns = (uint64_t)(uintptr_t)instructions;
  a.insn_cnt = count;
  a.license = (uint64_t)(uintptr_t) "Apache-2.0";
  if (log_size) { a.log_level = 1; a.log_buf = (uint64_t)(uintptr_t)log; a.log_size = log_size; }
  return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof a);
}
int lx_bpf_attach_device_program(int cgroup, int program) {
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.target_fd = (uint32_t)cgroup;
  a.attach_bpf_fd = (uint32_t)program;
  a.attach_type = BPF_CGROUP_DEVICE;
  a.attach_flags = BPF_F_ALLOW_MULTI;
  return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &a, sizeof a);
}

int lx_move_descriptors(const int *fds, int count, int *moved) {
  for (int made = 0; made < count; made++) {
    int own = fds[made] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : fds[made];
    moved[made] = own < 0 ? -1 : fcntl(own, F_DUPFD_CLOEXEC, LX_MAX_FDS + 2);
    int result = moved[made] < 0 ? errno : 0;
    if (fds[made] < 0 && own >= 0) close(own);
    if (!result) continue;
    while (made-- > 0) close(moved[made]);
    return result;
  }
  return 0;
}

// What lies above the descriptors it is to keep is closed before execve, because libraries open some without O_CLOEXEC.
int lx_spawn(const char *path, char *const *argv, char *const *env, const int *fds, int count, pid_t *pid) {
  posix_spawn_file_actions_t f;
  posix_spawnattr_t a;
  sigset_t none, all;
  int moved[LX_MAX_FDS];
  if (count < 0 || count > LX_MAX_FDS) return EINVAL;
  int result = lx_move_descriptors(fds, count, moved);
  if (result) return result;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawn_file_actions_init(&f);
  posix_spawnattr_init(&a);
  for (int i = 0; i < count; i++) posix_spawn_file_actions_adddup2(&f, moved[i], i);
  posix_spawn_file_actions_addclosefrom_np(&f, count);
  posix_spawnattr_setsigmask(&a, &none);
  posix_spawnattr_setsigdefault(&a, &all);
  posix_spawnattr_setflags(&a, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  result = posix_spawn(pid, path, &f, &a, argv, env);
  posix_spawnattr_destroy(&a);
  posix_spawn_file_actions_destroy(&f);
  for (int i = 0; i < count; i++) close(moved[i]);
  return result;
}
