/// What is asked of the kernel, each by using it in a way that changes nothing.
public enum KernelProbe: String, CaseIterable, Hashable, Sendable {
  case namespaces
  case cloneIntoCgroup
  case pidfd
  case pidfdExit
  case openat2
  case closeRange
  case detachedMounts
  case clonedMounts
  case proc
  case sysfs
  case tmpfs
  case devpts
  case mqueue
  case overlay
  case overlayLayerList
  case sealedMemory
  case seccomp
  case keyrings
  case deviceProgram
  case packetSockets
  case inotify
  case nullDevice
  case ownRoot
  case pressure
  case userNamespaces
  case idmappedMounts
  case bridge
  case veth
  case nftables
  case networkSettings
}
