import Glibc
import Linux

/// How a container was launched, on disk: after a restart of the agent `exec` repeats it.
struct RecordedLaunch: Hashable, Sendable {
  var plan: [UInt8]
  /// `nil` for a container without a filter.
  var filter: [UInt8]?

  init(_ plan: [UInt8], _ filter: [UInt8]?) {
    self.plan = plan
    self.filter = filter
  }

  /// Reads what ``write(to:as:)`` wrote. Throws EBADMSG for what is damaged, and for a plan whose filter is missing: that
  /// must not cost whatever is executed its filter.
  init(from directory: String, as name: String) throws(SyscallError) {
    let plans = try openDirectory(AT_FDCWD, directory)
    let filter = try Self.read(plans.raw, Self.filterFile(name), limit: 1 << 16)
    guard let plan = try Self.read(plans.raw, name, limit: 1 << 20) else { throw SyscallError("openat", ENOENT) }
    self.plan = try SealedRecord.open(plan, as: Self.purpose(name, hasFilter: filter != nil))
    self.filter = nil
    if let filter { self.filter = try SealedRecord.open(filter, as: "filter of \(name)") }
  }

  func write(to directory: String, as name: String) throws(SyscallError) {
    let plans = try openDirectory(AT_FDCWD, directory)
    let record = SealedRecord.seal(plan, as: Self.purpose(name, hasFilter: filter != nil))
    try replaceFile(in: plans.raw, named: name, with: record, durability: .untilReboot)
    guard let filter else {
      // A leftover would be taken for this one's.
      unlinkat(plans.raw, Self.filterFile(name), 0)
      return
    }
    let sealed = SealedRecord.seal(filter, as: "filter of \(name)")
    try replaceFile(in: plans.raw, named: Self.filterFile(name), with: sealed, durability: .untilReboot)
  }

  /// What cannot be removed goes with the pod's directory.
  static func remove(from directory: String, _ name: String) {
    unlink("\(directory)/\(name)")
    unlink("\(directory)/\(filterFile(name))")
  }

  private static func filterFile(_ name: String) -> String { name + ".filter" }

  private static func purpose(_ name: String, hasFilter: Bool) -> String {
    "plan of \(name) \(hasFilter ? "with" : "without") a filter"
  }

  private static func read(_ directory: Int32, _ name: String, limit: Int) throws(SyscallError) -> [UInt8]? {
    do throws(SyscallError) { return try readRegularFile(directory, name, limit: limit) } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }
}
