import Glibc
import Images
import Linux

/// Pulls one image from a directory, slowly, for a test that kills it: `pull-child STORE DIRECTORY NAME LOG UNPACKER`.
///
/// With `registry` as first argument it pulls from a registry instead: see ``RegistryPull``.
///
/// The directory has `manifest` and each blob under its digest's digits. The log gets a line for each transfer that begins
/// and for each chunk that was handed over.
@main
struct PullChild {
  static func main() async {
    let arguments = CommandLine.arguments
    if arguments.dropFirst().first == "registry" { return await RegistryPull(arguments.dropFirst(2)).run() }
    guard arguments.count == 6 else { exit(2) }
    do {
      let store = try ImageStore(root: arguments[1], unpackProgram: arguments[5])
      let source = SlowDirectory(path: arguments[2], log: arguments[4])
      _ = try await store.pull(ImageReference(arguments[3]), from: source)
      exit(0)
    } catch {
      print("pull-child: \(error)")
      exit(1)
    }
  }
}

/// A source that takes its time.
struct SlowDirectory: ContentSource {
  let path: String
  let log: String

  func note(_ line: String) throws(ContentSourceError) {
    try kernel { () throws(SyscallError) in
      let file = try openAt(AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT)
      try writeAll(file.raw, Array((line + "\n").utf8))
    }
  }

  func kernel<Value>(_ body: () throws(SyscallError) -> Value) throws(ContentSourceError) -> Value {
    do throws(SyscallError) { return try body() } catch { throw ContentSourceError(.invalid, "\(error)") }
  }

  func document(_ selector: DocumentSelector) async throws(ContentSourceError) -> SourceDocument {
    let bytes = try kernel { () throws(SyscallError) in
      try readRegularFile(AT_FDCWD, path + "/manifest", limit: 1 << 20)
    }
    return SourceDocument(mediaType: "", bytes: bytes)
  }

  func blob(_ descriptor: Descriptor, from offset: Int64) async throws(ContentSourceError) -> any BlobStream {
    try note("from \(descriptor.digest.hex) \(offset)")
    let bytes = try kernel { () throws(SyscallError) in
      try readRegularFile(AT_FDCWD, path + "/" + descriptor.digest.hex, limit: 16 << 20)
    }
    return SlowStream(self, descriptor.digest.hex, bytes, offset)
  }
}

actor SlowStream: BlobStream {
  nonisolated let offset: Int64
  private let source: SlowDirectory
  private let name: String
  private let bytes: [UInt8]
  private var position: Int

  init(_ source: SlowDirectory, _ name: String, _ bytes: [UInt8], _ offset: Int64) {
    (self.source, self.name, self.bytes, self.offset) = (source, name, bytes, offset)
    position = Int(offset)
  }

  func next() async throws(ContentSourceError) -> [UInt8]? {
    do { try await Task.sleep(nanoseconds: 1_000_000) } catch { throw ContentSourceError(.transient, "cancelled") }
    let end = min(position + 65_536, bytes.count)
    guard position < end else { return nil }
    let chunk = Array(bytes[position..<end])
    position = end
    try source.note("sent \(name) \(end)")
    return chunk
  }

  func cancel() async {}
}
