import Glibc
import JSONText
import Linux

/// What a later agent must know of a sandbox and cannot ask its supervisor: a file of the pod's directory.
struct SandboxRecord: Hashable, Sendable {
  /// Version of this form.
  static let version = 2
  private static let file = "sandbox.json"
  private static let purpose = "record of a sandbox"

  /// The handler name of the runtime that made it.
  var handler: String
  /// Whether its containers share a memory filesystem of their own.
  var hasSharedMemory: Bool

  /// Writes it as a whole.
  func write(to directory: Int32) throws(SyscallError) {
    let value = JSONValue.object([
      JSONMember("version", .integer(Int64(Self.version))), JSONMember("handler", .string(handler)),
      JSONMember("hasSharedMemory", .bool(hasSharedMemory)),
    ])
    let record = SealedRecord.seal(value.serialized(), as: Self.purpose)
    try replaceFile(in: directory, named: Self.file, with: record, durability: .untilReboot)
  }

  /// Reads it; `nil` if there is none, or none that can be understood: nobody takes such a sandbox over.
  static func read(from directory: Int32) throws(SyscallError) -> SandboxRecord? {
    let bytes: [UInt8]
    do throws(SyscallError) {
      bytes = try SealedRecord.open(try readRegularFile(directory, file, limit: 4096), as: purpose)
    } catch {
      if [ENOENT, EBADMSG, EFBIG].contains(error.errno) { return nil }
      throw error
    }
    // Whatever is wrong with it, the answer is the same.
    guard let value = try? JSONValue(parsing: bytes), value["version"]?.integer == Int64(version),
      let handler = value["handler"]?.string, let hasSharedMemory = value["hasSharedMemory"]?.bool
    else { return nil }
    return SandboxRecord(handler: handler, hasSharedMemory: hasSharedMemory)
  }
}
