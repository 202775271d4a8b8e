import Glibc

/// The name under which an instance's kernel objects go: `swl0` for the default state directory, `swl-` and six
/// hexadecimal digits of a hash of its path for any other, so that several agents run side by side.
public func instanceName(stateDirectory: String) -> String {
  if stateDirectory == "/var/lib/swiftlet" { return "swl0" }
  // FNV-1a, which needs no library and is the same everywhere and always.
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in stateDirectory.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  let digits = String((hash >> 40) ^ (hash & 0xff_ffff), radix: 16)
  return "swl-" + String(repeating: "0", count: 6 - digits.count) + digits
}
