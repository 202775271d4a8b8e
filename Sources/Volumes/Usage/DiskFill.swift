import Glibc
import Linux

/// How much of a filesystem is free, blocks and files. While that is the same nothing on it has grown.
public struct DiskFill: Hashable, Sendable {
  private let freeBlocks: UInt64
  private let freeFiles: UInt64

  /// Of the filesystem of an open file or directory.
  public init(of descriptor: Int32) throws(SyscallError) {
    var facts = statvfs()
    try check("fstatvfs") { fstatvfs(descriptor, &facts) }
    freeBlocks = UInt64(facts.f_bfree)
    freeFiles = UInt64(facts.f_ffree)
  }
}
