// System calls and constants that Swift's Glibc module does not show: whatever needs _GNU_SOURCE, has variable arguments,
// or has no wrapper in the C library. One line of C each, no policy. Every function returns -1 and sets errno as the
// system call does; a system call that the kernel lacks answers ENOSYS.
//
// This header must not define _GNU_SOURCE nor include <sched.h>, <spawn.h> or <sys/mount.h>: two modules that see the
// same libc type under different feature macros do not build together.
#pragma once
#include <stdint.h>
#include <sys/types.h>

// clone3(2) and namespaces(7)
enum {
  LX_CLONE_NEWNS = 0x00020000, LX_CLONE_NEWCGROUP = 0x02000000, LX_CLONE_NEWUTS = 0x04000000,
  LX_CLONE_NEWIPC = 0x08000000, LX_CLONE_NEWUSER = 0x10000000, LX_CLONE_NEWPID = 0x20000000,
  LX_CLONE_NEWNET = 0x40000000, LX_CLONE_VFORK = 0x00004000, LX_CLONE_PARENT = 0x00008000,
};
// Linux 5.5: every handler back to the default; what is ignored stays ignored.
#define LX_CLONE_CLEAR_SIGHAND 0x100000000ULL
int lx_clone3(uint64_t flags, int *pidfd, int cgroup_fd, uint64_t exit_signal);
int lx_unshare(int flags);
int lx_setns(int fd, int flags);
int lx_setsid(void);
int lx_sethostname(const char *name, size_t length);
int lx_getppid(void);
void lx_exit(int code) __attribute__((noreturn));

// pidfds
int lx_pidfd_open(pid_t pid);
int lx_pidfd_send_signal(int pidfd, int signal);
enum { LX_WAIT_EXITED = 1, LX_WAIT_SIGNALED = 2 };
// Waits for a child by pidfd without blocking. 1: ended, *code and *kind are set; 0: still running.
int lx_wait_pidfd(int pidfd, int *kind, int *code);
// The id of some child that has ended, which stays unreaped; 0 if there is none.
int lx_ended_child(void);
// PIDFD_GET_INFO with PIDFD_INFO_EXIT (Linux 6.15): the raw wait status of a process that someone else reaped.
int lx_pidfd_exit_status(int pidfd, int *status);

// The mount API
enum {
  LX_MOUNT_RDONLY = 0x1, LX_MOUNT_NOSUID = 0x2, LX_MOUNT_NODEV = 0x4, LX_MOUNT_NOEXEC = 0x8,
  LX_MOUNT_NOATIME = 0x10, LX_MOUNT_STRICTATIME = 0x20, LX_MOUNT_ATIME_MASK = 0x70, LX_MOUNT_NODIRATIME = 0x80,
  LX_MS_REC = 0x4000, LX_MS_PRIVATE = 0x40000, LX_MS_SLAVE = 0x80000, LX_MS_SHARED = 0x100000,
  LX_MS_NOSUID = 2, LX_MS_NODEV = 4, LX_MS_NOEXEC = 8, LX_MS_RDONLY = 1, LX_MS_BIND = 4096,
  LX_UMOUNT_DETACH = 2,
  LX_AT_RECURSIVE = 0x8000, LX_AT_EMPTY_PATH = 0x1000, LX_AT_SYMLINK_NOFOLLOW = 0x100,
};
int lx_fsopen(const char *type);
int lx_fsconfig_string(int fs, const char *key, const char *value);
int lx_fsconfig_flag(int fs, const char *key);
int lx_fsconfig_fd(int fs, const char *key, int fd);
int lx_fsconfig_create(int fs);
int lx_fsmount(int fs, unsigned attributes);
int lx_open_tree(int dir, const char *path, int recursive);
int lx_open_tree_clone(int dir, const char *path, int recursive);
int lx_move_mount(int mount, int target_dir, const char *target_path);
int lx_mount_setattr(int dir, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation);
int lx_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int lx_umount2(const char *target, int flags);
int lx_pivot_root(const char *new_root, const char *put_old);

// Files
enum {
  LX_RESOLVE_NO_XDEV = 1, LX_RESOLVE_NO_MAGICLINKS = 2, LX_RESOLVE_NO_SYMLINKS = 4, LX_RESOLVE_BENEATH = 8,
  LX_RESOLVE_IN_ROOT = 16,
  LX_O_PATH = 010000000, LX_O_NOATIME = 01000000,
};
int lx_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int lx_close_range(unsigned first, unsigned last, int cloexec);
int lx_pipe2(int fds[2], int flags);
int lx_dup3(int old, int new_fd, int flags);
int lx_syncfs(int fd);
int lx_fstatfs_type(int fd, int64_t *type);
int lx_fcntl_int(int fd, int command, int argument);
// Open file description locks: 0 done, -1 with EAGAIN where another description holds it.
int lx_ofd_lock(int fd, int exclusive, int wait);
int lx_ofd_unlock(int fd);
// Whether some description holds a lock that an exclusive one would conflict with: 1 yes, 0 no.
int lx_ofd_is_locked(int fd);
// Entries of a directory from its offset on, as many as fit (getdents64(2)): the bytes written, 0 at its end.
ssize_t lx_getdents(int fd, void *buffer, size_t size);
int lx_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
// The kernel's own answer, `(unreachable)` included, which the C library's function replaces by a walk.
int lx_getcwd(char *buffer, size_t size);
ssize_t lx_getxattr(const char *path, const char *name, void *value, size_t size);
unsigned long lx_makedev(unsigned major, unsigned minor);

// memfd_create(2); seals as in fcntl(2). An executable one asks for MFD_EXEC, and does without before Linux 6.3.
int lx_memfd(const char *name, int executable);
int lx_seal(int fd);
int lx_is_sealed(int fd);
// Gathers the first `size` bytes of a memfd in huge pages (madvise(2), MADV_COLLAPSE, Linux 6.1).
int lx_collapse(int fd, size_t size);

// Process attributes
int lx_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int lx_set_name(const char *name);
int lx_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int lx_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int lx_setgroups(size_t count, const uint32_t *groups);
int lx_setresuid(uint32_t id);
int lx_setresgid(uint32_t id);
int lx_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved);
int lx_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved);
int lx_setrlimit(int resource, uint64_t soft, uint64_t hard);
int lx_getrlimit(int resource, uint64_t *soft, uint64_t *hard);
int lx_join_session_keyring(const char *name);
int lx_seccomp_set_filter(const void *instructions, unsigned count, unsigned flags);
int lx_unblock_signals(void);
// Every signal to its default, those that the C library keeps for itself included; SIGPIPE to a handler that does
// nothing, which unlike an ignored signal does not outlive CLONE_CLEAR_SIGHAND.
int lx_reset_signals(void);
int lx_reset_affinity(void);
enum {
  LX_PR_SET_PDEATHSIG = 1, LX_PR_SET_DUMPABLE = 4, LX_PR_SET_KEEPCAPS = 8, LX_PR_SET_NAME = 15,
  LX_PR_CAPBSET_READ = 23, LX_PR_CAPBSET_DROP = 24, LX_PR_SET_CHILD_SUBREAPER = 36, LX_PR_SET_NO_NEW_PRIVS = 38,
  LX_PR_CAP_AMBIENT = 47, LX_PR_CAP_AMBIENT_RAISE = 2, LX_PR_CAP_AMBIENT_CLEAR_ALL = 4,
};
enum { LX_CAP_SYS_PTRACE = 19 };

// Sockets: SOCK_SEQPACKET unix sockets that carry descriptors
enum { LX_MAX_FDS = 16 };
int lx_seqpacket(void);
int lx_socketpair(int fds[2]);
int lx_bind_unix(int socket, const char *path);
int lx_connect_unix(int socket, const char *path);
int lx_accept(int socket);
ssize_t lx_send(int socket, const void *bytes, size_t count, const int *fds, int fd_count);
// What came and how many descriptors; EBADMSG where the message or its descriptors were cut off.
ssize_t lx_receive(int socket, void *bytes, size_t capacity, int *fds, int *fd_count);
int lx_peer(int socket, pid_t *pid, uint32_t *uid);
int lx_loopback_up(void);
int lx_is_in_chroot(void);
int lx_make_network(int *network_namespace, int *routing);

// Terminals
int lx_open_terminal_peer(int master);
int lx_unlock_terminal(int master);
int lx_make_controlling_terminal(int terminal);
int lx_set_window_size(int terminal, unsigned short rows, unsigned short columns);
int lx_get_window_size(int terminal, unsigned short *rows, unsigned short *columns);

// A descriptor from which SIGTERM and SIGINT can be read (signalfd(2)); they are blocked from now on.
int lx_termination_signals(void);
// The same for SIGCHLD.
int lx_child_signals(void);

// inotify(7)
int lx_inotify(void);

// bpf(2): one program of type BPF_PROG_TYPE_CGROUP_DEVICE
int lx_bpf_load_device_program(const uint64_t *instructions, unsigned count, char *log, unsigned log_size);
int lx_bpf_attach_device_program(int cgroup, int program);

// posix_spawn(3) with a clean signal state, a session of its own, and exactly the descriptors named: descriptor i of the
// new program is fds[i]; -1 gives /dev/null. Returns 0 or an error number.
int lx_spawn(const char *path, char *const *argv, char *const *env, const int *fds, int count, pid_t *pid);
// The same for a program in a memfd, whose first instruction runs in a cgroup; the child's pidfd comes with it.
int lx_spawn_into_cgroup(int cgroup, int program, char *const *argv, char *const *env, const int *fds, int count, pid_t *pid, int *pidfd);
