# shellcheck shell=bash
# What every script in this folder shares. Source it: . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# Settings from outside:
#   SWIFTLET_CACHE       where images and built tools are kept (root: /var/cache/swiftlet, others: $XDG_CACHE_HOME/swiftlet)
#   SWIFTLET_NO_INSTALL  set: name the missing packages and stop, never install any

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
if [ "$(id -u)" = 0 ]; then
  cache=${SWIFTLET_CACHE:-/var/cache/swiftlet}
else
  cache=${SWIFTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/swiftlet}
fi

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The Debian packages of a group. A group is installed only by the script that needs it.
packages_of() {
  case $1 in
    # g++ brings the linker, the C library's archive (for the static shim) and the C++ runtime that Swift links; swift-nio-extras
    # links zlib
    build) echo g++ git ca-certificates pkg-config libseccomp-dev libcap-dev libarchive-dev zlib1g-dev ;;
    # nftables: what pods with a network of their own need at run time
    demo) echo busybox-static nftables ;;
    check) echo binutils python3 ;;
    vm)
      echo e2fsprogs mmdebstrap
      case $(machine) in
        x86_64) echo qemu-system-x86 ;;
        aarch64) echo qemu-system-arm ;;
        *) die "no virtual machine is set up for the $(machine) architecture; x86_64 and aarch64 are" ;;
      esac
      ;;
    images) echo e2fsprogs mmdebstrap python3 docker-registry skopeo umoci openssl apache2-utils ;;
    pods) echo python3 iproute2 nftables util-linux ;;
    bench-pull) echo podman ;;
    bench-pods) echo podman containernetworking-plugins iproute2 iptables ;;
    test) echo crun runc strace iproute2 nftables util-linux zstd ;;
    bench) echo crun runc gcc libc6-dev util-linux ;;
    *) die "no package group is called '$1': expected build, demo, check, vm, images, pods, test, bench, bench-pull or bench-pods" ;;
  esac
}

machine() { uname -m; }

# need_packages GROUP...: installs what dpkg says is missing; asks apt for nothing when nothing is.
need_packages() {
  local group wanted=()
  for group in "$@"; do
    # shellcheck disable=SC2207  # package names hold no spaces
    wanted+=($(packages_of "$group"))
  done
  install_missing "${wanted[@]}"
}

# install_missing PACKAGE...
install_missing() {
  local package missing=()
  command -v dpkg-query >/dev/null || die "this is not a Debian system (no dpkg-query). Install the equivalents of: $*"
  for package in "$@"; do
    package_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local command="apt-get install --no-install-recommends -y ${missing[*]}"
  if [ "$(id -u)" != 0 ] || [ -n "${SWIFTLET_NO_INSTALL:-}" ]; then
    die "Debian packages are missing. As root, run: $command"
  fi
  say "installing ${missing[*]}"
  mkdir -p "$cache"
  if ! (
    flock 9
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    # shellcheck disable=SC2086  # the words of the command
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 ${command#apt-get }
  ) 9>"$cache/apt.lock" </dev/null >"$cache/apt.log" 2>&1; then
    cat "$cache/apt.log" >&2
    die "installing Debian packages failed (see above): $command"
  fi
}

package_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | head -n 1)" = installed ]
}

# A Swift toolchain of at least 6.2, with Swift's static runtime (the shim is linked with it).
need_swift() {
  command -v swift >/dev/null ||
    die "no 'swift' in PATH. Install a Swift toolchain, 6.2 or later: https://www.swift.org/install/linux/"
  local root lost text version
  root=$(swift_root)
  lost=$(swift_lacks)
  # shellcheck disable=SC2046,SC2086  # words
  [ -z "$lost" ] || install_missing $(packages_with $lost)
  lost=$(swift_lacks)
  [ -z "$lost" ] || die "the Swift toolchain in $root lacks shared libraries: $lost" \
    "(https://www.swift.org/install/linux/ lists the packages for this system)"
  text=$(swift --version 2>&1) || die "'swift --version' failed: $text"
  version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$text" | head -n 1)
  [ -n "$version" ] || die "cannot read a version from 'swift --version': $text"
  [ "$(printf '%s\n' 6.2 "$version" | sort -V | head -n 1)" = 6.2 ] ||
    die "Swift $version is too old: 6.2 or later is needed (https://www.swift.org/install/linux/)"
  [ -d "$root/lib/swift_static/linux" ] ||
    die "the toolchain at $root has no static runtime (lib/swift_static/linux): install the full toolchain"
}

# The toolchain's usr folder.
swift_root() { dirname "$(dirname "$(readlink -f "$(command -v swift)")")"; }

# Shared libraries that the toolchain's programs look for in vain.
swift_lacks() {
  local program
  for program in swift-frontend swift-driver swift-build swift-format clang lld; do
    [ ! -x "$(swift_root)/bin/$program" ] || ldd "$(swift_root)/bin/$program" 2>/dev/null
  done | awk '/not found/ && !seen[$1]++ {print $1}' | tr '\n' ' '
}

# The Debian packages that hold shared libraries of the toolchain.
packages_with() {
  local library
  for library in "$@"; do
    case $library in
      libncurses.so.6 | libform.so.6 | libpanel.so.6 | libtinfo.so.6) echo libncurses6 ;;
      libsqlite3.so.0) echo libsqlite3-0 ;;
      libcurl.so.4) echo libcurl4 ;;
      libxml2.so.2) echo libxml2 ;;
      libedit.so.2) echo libedit2 ;;
      libz.so.1) echo zlib1g ;;
      libz3.so.4) echo libz3-4 ;;
      libuuid.so.1) echo libuuid1 ;;
      libstdc++.so.6) echo libstdc++6 ;;
    esac
  done | sort -u
}

need_root() { [ "$(id -u)" = 0 ] || die "$1 needs root: run it again with sudo"; }

# own_network SCRIPT ARGUMENT...: runs a script again in a network namespace of its own. Pods get a bridge, a table and
# addresses on the machine that they run on; for a test that machine is never this one.
own_network() {
  [ -z "${SWIFTLET_OWN_NETWORK:-}" ] || return 0
  need_packages demo
  # shellcheck disable=SC2016  # expanded by the inner shell
  SWIFTLET_OWN_NETWORK=1 exec unshare --net -- sh -c 'busybox ip link set lo up && exec "$@"' sh "$@"
}

# key FILE-OR-WORD...: a short checksum of the content of files and of words.
key() {
  local item
  for item in "$@"; do
    if [ -f "$item" ]; then sha256sum <"$item"; else printf 'word %s\n' "$item"; fi
  done | sha256sum | cut -c 1-16
}

# Removes what the glob names under the cache, except the one to keep and what was used in the last day.
prune_cache() {
  local keep=$1 item
  shift
  for item in "$@"; do
    [ "$item" != "$keep" ] && [ -e "$item" ] || continue
    if [ -n "$(find "$item" -maxdepth 0 -mtime +0)" ]; then rm -rf -- "$item"; fi
  done
}
