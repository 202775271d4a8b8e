import Crypto
import RuntimeAPI

/// Names a compiled filter by everything that its bytes depend on.
struct FilterKey: Hashable, Sendable {
  /// SHA-256.
  let bytes: [UInt8]

  var name: String { hexadecimal(bytes) }

  /// Every field is written with its length or count before it, so that no two profiles have one text.
  init(_ profile: SeccompProfile, _ platform: SeccompPlatform) {
    var hash = SHA256()
    func add(_ text: String) {
      add(UInt64(text.utf8.count))
      hash.update(data: Array(text.utf8))
    }
    func add(_ number: UInt64) {
      withUnsafeBytes(of: number.littleEndian) { hash.update(bufferPointer: $0) }
    }
    func add(_ number: UInt32?) { add(number.map { UInt64($0) + 1 } ?? 0) }
    func add(_ texts: [String]) {
      add(UInt64(texts.count))
      for text in texts { add(text) }
    }
    add(UInt64(FilterCompiler.formatVersion))
    add(FilterCompiler.libraryVersion)
    add(platform.rawValue)
    add(profile.defaultAction.rawValue)
    add(profile.defaultErrnoRet)
    add(profile.architectures)
    add(profile.flags)
    add(UInt64(profile.syscalls.count))
    for rule in profile.syscalls {
      add(rule.names)
      add(rule.action.rawValue)
      add(rule.errnoRet)
      add(UInt64(rule.args.count))
      for argument in rule.args {
        add(UInt64(argument.index))
        add(argument.value)
        add(argument.valueTwo)
        add(argument.op.rawValue)
      }
    }
    bytes = Array(hash.finalize())
  }
}
