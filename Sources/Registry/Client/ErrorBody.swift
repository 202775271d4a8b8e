import AsyncHTTPClient
import JSONText
import NIOCore

/// What a registry says about an error (OCI distribution specification, "Error codes").
enum ErrorBody {
  /// The most bytes of it that are read.
  static let greatestSize = 64 << 10

  /// `: NAME_UNKNOWN: repository name not known`; empty if it says nothing that can be read.
  static func read(_ response: HTTPClientResponse) async -> String {
    guard let bytes = await bytes(response), !bytes.isEmpty else { return "" }
    let limits = JSONLimits(bytes: greatestSize, depth: 16, values: 2_000)
    // A page for people is nothing to show in one line.
    guard let value = try? JSONValue(parsing: bytes, limits: limits) else { return "" }
    let errors = value["errors"]?.array ?? []
    let texts = errors.prefix(3).compactMap { error -> String? in
      let parts = [error["code"]?.string, error["message"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
      return parts.isEmpty ? nil : parts.joined(separator: ": ").shortened
    }
    if !texts.isEmpty { return ": " + texts.joined(separator: "; ") }
    let single = value["details"]?.string ?? value["message"]?.string
    return single.map { ": " + $0.shortened } ?? ""
  }

  /// nil if it breaks off or is too long.
  private static func bytes(_ response: HTTPClientResponse) async -> [UInt8]? {
    // The status tells what happened; its explanation is a help and no more.
    guard let buffer = try? await response.body.collect(upTo: greatestSize) else { return nil }
    return Array(buffer.readableBytesView)
  }
}
