import Foundation

/// RFC 4648, as docker's files and HTTP have it.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// nil for anything else than base64; padding may be missing.
  static func decode(_ text: String) -> [UInt8]? {
    let bare = text.filter { $0 != "=" }
    let padded = bare + String(repeating: "=", count: (4 - bare.utf8.count % 4) % 4)
    return Data(base64Encoded: padded).map { Array($0) }
  }
}
