// xattr(7) for descriptors and, without following, for symbolic links: Swift's Glibc module does not show <sys/xattr.h>.
#pragma once
#include <stddef.h>
#include <sys/types.h>

int xa_fset(int fd, const char *name, const void *value, size_t size);
int xa_lset(const char *path, const char *name, const void *value, size_t size);
ssize_t xa_lget(const char *path, const char *name, void *value, size_t size);
ssize_t xa_llist(const char *path, char *names, size_t size);
