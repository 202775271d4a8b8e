// Questions to the kernel that change nothing and start no process. Each function returns -1 and sets errno as the system
// call behind it does, unless it says otherwise. For the rules of such headers see CLinux.h.
#pragma once
#include <stdint.h>
#include <sys/types.h>

// seccomp(2), SECCOMP_GET_ACTION_AVAIL: 0 if filters may answer with this action.
int hp_seccomp_action(uint32_t action);
// keyctl_get_keyring_ID(3) without making a keyring: 0 if the kernel has keyrings.
int hp_keyrings(void);
// adjtimex(2) without setting anything: 1 if the clock is kept in time, 0 if not.
int hp_clock_is_synchronised(void);
// RTM_NEWLINK (rtnetlink(7)) without NLM_F_CREATE, which therefore never makes a link, and with an address that every kind
// refuses: 0 if the kernel knows this kind of link, EOPNOTSUPP if it does not.
int hp_link_kind(const char *kind);
// NFT_MSG_GETGEN: 0 if nf_tables answers.
int hp_nf_tables(void);
// mount_setattr(2) with MOUNT_ATTR_IDMAP and this process's own user namespace on a mount that nobody else has: EPERM
// (the initial namespace is refused) and 0 both say that the kernel knows idmapped mounts; EINVAL that it does not.
int hp_idmap(int mount);
// A file without a name in a directory (O_TMPFILE): it goes when it is closed.
int hp_unnamed_file(const char *directory);
