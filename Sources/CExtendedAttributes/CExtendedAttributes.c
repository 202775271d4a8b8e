#include "CExtendedAttributes.h"
#include <sys/xattr.h>

int xa_fset(int fd, const char *name, const void *value, size_t size) { return fsetxattr(fd, name, value, size, 0); }

int xa_lset(const char *path, const char *name, const void *value, size_t size) {
  return lsetxattr(path, name, value, size, 0);
}

ssize_t xa_lget(const char *path, const char *name, void *value, size_t size) {
  return lgetxattr(path, name, value, size);
}

ssize_t xa_llist(const char *path, char *names, size_t size) { return llistxattr(path, names, size); }
