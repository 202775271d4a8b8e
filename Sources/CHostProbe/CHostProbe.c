#define _GNU_SOURCE
#include "CHostProbe.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

int hp_seccomp_action(uint32_t action) {
  return (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

int hp_keyrings(void) {
  // The thread's keyring: asking for the session's would install one.
  return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0, 0, 0) < 0 && errno != ENOKEY ? -1 : 0;
}

int hp_clock_is_synchronised(void) {
  struct timex t;
  memset(&t, 0, sizeof t);
  if (adjtimex(&t) < 0) return -1;
  return !(t.status & STA_UNSYNC);
}

// Sends one request and returns the kernel's answer: 0 or an error number for an NLMSG_ERROR, 0 for any other message.
static int ask(int protocol, const struct nlmsghdr *request) {
  union { struct nlmsghdr h; char room[4096]; } answer;
  struct timeval patience = {2, 0};
  int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), result = 0;
  if (s < 0) return errno;
  ssize_t n = -1;
  if (!setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) &&
      send(s, request, request->nlmsg_len, 0) >= 0)
    n = recv(s, &answer, sizeof answer, 0);
  if (n < 0)
    result = errno == EAGAIN ? ETIMEDOUT : errno;
  else if (!NLMSG_OK(&answer.h, (size_t)n))
    result = EBADMSG;
  else if (answer.h.nlmsg_type == NLMSG_ERROR)
    result = (size_t)n < NLMSG_LENGTH(sizeof(struct nlmsgerr)) ? EBADMSG : -((struct nlmsgerr *)NLMSG_DATA(&answer.h))->error;
  close(s);
  return result;
}

static struct rtattr *append(struct nlmsghdr *h, unsigned short type, const void *value, size_t size) {
  struct rtattr *a = (struct rtattr *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
  a->rta_type = type;
  a->rta_len = (unsigned short)RTA_LENGTH(size);
  if (size) memcpy(RTA_DATA(a), value, size);
  h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + (uint32_t)RTA_ALIGN(a->rta_len);
  return a;
}

int hp_link_kind(const char *kind) {
  union { struct nlmsghdr h; char room[512]; } request;
  memset(&request, 0, sizeof request);
  size_t length = strlen(kind);
  if (length > 64) { errno = EINVAL; return -1; }
  struct nlmsghdr *h = &request.h;
  h->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
  h->nlmsg_type = RTM_NEWLINK;
  h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  append(h, IFLA_ADDRESS, "", 1);
  struct rtattr *info = append(h, IFLA_LINKINFO, NULL, 0);
  append(h, IFLA_INFO_KIND, kind, length + 1);
  info->rta_len = (unsigned short)((char *)h + h->nlmsg_len - (char *)info);
  int answer = ask(NETLINK_ROUTE, h);
  // The kind looked at the address and refused it. A kind that is not known is not asked: "no such device to change".
  if (answer == EINVAL) return 0;
  errno = answer == ENODEV || answer == 0 ? EOPNOTSUPP : answer;
  return -1;
}

int hp_nf_tables(void) {
  struct { struct nlmsghdr h; struct nfgenmsg g; } request;
  memset(&request, 0, sizeof request);
  request.h.nlmsg_len = sizeof request;
  request.h.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
  request.h.nlmsg_flags = NLM_F_REQUEST;
  request.g.version = NFNETLINK_V0;
  int answer = ask(NETLINK_NETFILTER, &request.h);
  if (!answer) return 0;
  errno = answer;
  return -1;
}

int hp_idmap(int mount) {
  int own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  if (own < 0) return -1;
  struct { uint64_t set, clear, propagation, userns; } a = {0x00100000 /* MOUNT_ATTR_IDMAP */, 0, 0, (uint64_t)own};
  int result = (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &a, sizeof a);
  int e = errno;
  close(own);
  errno = e;
  return result;
}

int hp_unnamed_file(const char *directory) { return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }
