import CLinux
import Crypto
import Glibc
import Linux

/// A directory with images in it, read as what it is: untrusted. Nothing outside of it is reached, nothing but regular
/// files is opened.
struct LayoutDirectory: Sendable {
  private let directory: SharedFD

  init(_ directory: SharedFD) { self.directory = directory }

  /// Opens a regular file; links are followed as long as they stay inside. What it is, is looked up before it is opened: to
  /// open a device or a pipe can have effects.
  func open(_ path: String) throws(ContentSourceError) -> SharedFD {
    do throws(SyscallError) {
      guard !path.utf8.contains(0) else { throw SyscallError("openat2", EINVAL) }
      let resolve = UInt64(LX_RESOLVE_BENEATH | LX_RESOLVE_NO_MAGICLINKS)
      let place = OwnedFD(
        try check("openat2") {
          lx_openat2(directory.raw, path, UInt64(UInt32(bitPattern: openPathOnly | O_CLOEXEC)), 0, resolve)
        }
      )
      let raw = place.raw
      var status = stat()
      try check("fstat") { fstat(raw, &status) }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw SyscallError("open: expected a regular file", EINVAL)
      }
      return SharedFD(try openAt(AT_FDCWD, "/proc/self/fd/\(raw)", O_RDONLY))
    } catch {
      let name = path.shortenedForMessage
      if error.errno == ENOENT { throw ContentSourceError(.notFound, "there is no \"\(name)\" in it") }
      throw ContentSourceError(.invalid, "\"\(name)\" in it cannot be read: \(error)")
    }
  }

  /// A small file as a whole.
  func read(_ path: String, limit: Int) throws(ContentSourceError) -> [UInt8] {
    let file = try open(path)
    do throws(SyscallError) { return try readAll(file.raw, limit: limit) } catch {
      throw ContentSourceError(.invalid, "\"\(path.shortenedForMessage)\" in it cannot be read: \(error)")
    }
  }

  /// Whether there is such a file.
  func has(_ path: String) throws(ContentSourceError) -> Bool {
    do throws(ContentSourceError) {
      _ = try open(path)
      return true
    } catch {
      if error.kind == .notFound { return false }
      throw error
    }
  }

  /// What a file is as a layer: its digest, its size, and how it is compressed.
  func layer(_ path: String) throws(ContentSourceError) -> Descriptor {
    let file = try open(path)
    var hash = SHA256()
    var size: Int64 = 0
    var beginning: [UInt8] = []
    do throws(SyscallError) {
      while true {
        let bytes = try readSome(file.raw, capacity: 1 << 20)
        if bytes.isEmpty { break }
        if beginning.isEmpty { beginning = Array(bytes.prefix(4)) }
        hash.update(data: bytes)
        size &+= Int64(bytes.count)
      }
    } catch {
      throw ContentSourceError(.invalid, "\"\(path.shortenedForMessage)\" in it cannot be read: \(error)")
    }
    let digest = ContentDigest(.sha256, bytes: hash.finalize())
    return Descriptor(mediaType: MediaType.ofLayer(beginning: beginning[...]), digest: digest, size: size)
  }

  /// The bytes of a file from an offset on.
  func stream(_ path: String, from offset: Int64) throws(ContentSourceError) -> any BlobStream {
    try FileStream(open(path), offset: offset)
  }
}

/// A file as the bytes of a blob; reading blocks a thread of its own.
private actor FileStream: BlobStream {
  private let executor = BlockingExecutor()
  private let file: SharedFD
  private var position: Int64
  private var isCancelled = false
  nonisolated let offset: Int64

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ file: SharedFD, offset: Int64) throws(ContentSourceError) {
    self.file = file
    self.offset = offset
    position = offset
  }

  func next() throws(ContentSourceError) -> [UInt8]? {
    if isCancelled { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    let count: Int
    do throws(SyscallError) {
      count = try checkCount("pread") { pread(file.raw, &buffer, buffer.count, off_t(position)) }
    } catch {
      throw ContentSourceError(.invalid, "a layer cannot be read: \(error)")
    }
    if count == 0 { return nil }
    position &+= Int64(count)
    buffer.removeLast(buffer.count - count)
    return buffer
  }

  func cancel() { isCancelled = true }
}
