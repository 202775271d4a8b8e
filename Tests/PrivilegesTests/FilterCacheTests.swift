import Glibc
import Linux
import RuntimeAPI
import Testing

@testable import Privileges

@Suite("Filters are compiled once and never believed without proof")
struct FilterCacheTests {
  /// A directory of its own for each test.
  struct Scratch: ~Copyable {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    var path: String { directory.path }

    var filters: String { path + "/filters" }

    func names() throws -> [String] {
      let directory = try openDirectory(AT_FDCWD, filters)
      return try entries(of: directory.raw)
    }

    func onlyFile() throws -> String {
      let names = try names()
      #expect(names.count == 1)
      return filters + "/" + (try #require(names.first))
    }
  }

  static let profile = SeccompProfile(
    defaultAction: .errno,
    syscalls: [SeccompRule(names: ["read", "no_such_call"], action: .allow)]
  )

  @Test("Compiled, then from memory, then from disk: always the same filter")
  func sources() throws {
    let scratch = try Scratch()
    let cache = try FilterCache(directory: scratch.filters)
    let first = try cache.filter(for: Self.profile, on: .amd64)
    #expect(first.source == .compiled && first.storeFailure == nil)
    let second = try cache.filter(for: Self.profile, on: .amd64)
    #expect(second.source == .memory && second.filter == first.filter)
    let third = try FilterCache(directory: scratch.filters).filter(for: Self.profile, on: .amd64)
    #expect(third.source == .disk && third.filter == first.filter)
    #expect(third.filter.notes.count == 1)
    var status = stat()
    #expect(stat(try scratch.onlyFile(), &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat(scratch.filters, &status) == 0 && status.st_mode & 0o777 == 0o700)
  }

  @Test("Every field of a profile, and the machine, is part of the key")
  func keys() {
    var variants: [SeccompProfile] = [Self.profile]
    func vary(_ change: (inout SeccompProfile) -> Void) {
      var profile = Self.profile
      change(&profile)
      variants.append(profile)
    }
    let argument = SeccompArgument(index: 0, value: 1, valueTwo: 2, op: .equal)
    vary { $0.defaultAction = .kill }
    vary { $0.defaultErrnoRet = 0 }
    vary { $0.defaultErrnoRet = 1 }
    vary { $0.architectures = ["SCMP_ARCH_X86"] }
    vary { $0.flags = ["SCMP_ARCH_X86"] }
    vary { $0.syscalls = [] }
    vary { $0.syscalls[0].names = ["readno_such_call"] }
    vary { $0.syscalls[0].names = ["readn", "o_such_call"] }
    vary { $0.syscalls[0].action = .log }
    vary { $0.syscalls[0].errnoRet = 1 }
    vary { $0.syscalls[0].args = [argument] }
    vary { $0.syscalls[0].args = [SeccompArgument(index: 1, value: 1, valueTwo: 2, op: .equal)] }
    vary { $0.syscalls[0].args = [SeccompArgument(index: 0, value: 2, valueTwo: 1, op: .equal)] }
    vary { $0.syscalls[0].args = [SeccompArgument(index: 0, value: 1, valueTwo: 2, op: .less)] }
    let keys = SeccompPlatform.allCases.flatMap { platform in variants.map { FilterKey($0, platform) } }
    #expect(Set(keys).count == variants.count * 2)
  }

  @Test("A file changed at any byte, cut at any length, or another profile's is compiled again and replaced")
  func corruption() throws {
    let scratch = try Scratch()
    let good = try FilterCache(directory: scratch.filters).filter(for: Self.profile, on: .amd64).filter
    let path = try scratch.onlyFile()
    let bytes = try readRegularFile(AT_FDCWD, path, limit: FilterFile.maximumLength)
    let key = FilterKey(Self.profile, .amd64)
    #expect(FilterFile.decode(bytes, key: key) == good)
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 0x40
      #expect(FilterFile.decode(changed, key: key) == nil, "byte \(position)")
    }
    for length in 0..<bytes.count { #expect(FilterFile.decode(Array(bytes[..<length]), key: key) == nil) }
    #expect(FilterFile.decode(bytes, key: FilterKey(Self.profile, .arm64)) == nil)
    for content in [[], Array(bytes.dropLast()), Array("garbage".utf8)] {
      let directory = try openDirectory(AT_FDCWD, scratch.filters)
      try replaceFile(
        in: directory.raw,
        named: String(path.split(separator: "/").last ?? ""),
        with: content,
        durability: .untilReboot
      )
      let again = try FilterCache(directory: scratch.filters).filter(for: Self.profile, on: .amd64)
      #expect(again.source == .compiled && again.filter == good)
      #expect(try readRegularFile(AT_FDCWD, path, limit: FilterFile.maximumLength) == bytes)
    }
  }

  @Test("A file that others may write, a link, a FIFO and a directory in its place are not believed")
  func otherKinds() throws {
    for prepare in [
      { chmod($0, 0o666) }, { rename($0, $0 + ".moved") + symlink($0 + ".moved", $0) },
      { unlink($0) + mkfifo($0, 0o600) }, { unlink($0) + mkdir($0, 0o700) },
    ] as [(String) -> Int32] {
      let scratch = try Scratch()
      let good = try FilterCache(directory: scratch.filters).filter(for: Self.profile, on: .amd64).filter
      #expect(prepare(try scratch.onlyFile()) == 0)
      let again = try FilterCache(directory: scratch.filters).filter(for: Self.profile, on: .amd64)
      #expect(again.source == .compiled && again.filter == good)
    }
  }

  @Test("A directory that others may enter, or that is none, is refused")
  func directory() throws {
    let scratch = try Scratch()
    #expect(mkdir(scratch.filters, 0o755) == 0)
    #expect(throws: PrivilegesError.self) { try FilterCache(directory: scratch.filters) }
    #expect(throws: PrivilegesError.self) { try FilterCache(directory: scratch.path + "/missing/filters") }
    #expect(mkfifo(scratch.path + "/fifo", 0o600) == 0)
    #expect(throws: PrivilegesError.self) { try FilterCache(directory: scratch.path + "/fifo") }
  }

  @Test("Many threads and several caches on one directory agree")
  func concurrency() async throws {
    let scratch = try Scratch()
    let caches = try (0..<4).map { _ in try FilterCache(directory: scratch.filters) }
    let digests = try await withThrowingTaskGroup(of: String.self) { group in
      for index in 0..<40 {
        let cache = caches[index % 4]
        group.addTask { try cache.filter(for: Self.profile, on: .amd64).filter.digest }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(digests.count == 1)
    _ = try scratch.onlyFile()
  }

  @Test("A profile that is refused is refused every time and leaves no file")
  func refused() throws {
    let scratch = try Scratch()
    let cache = try FilterCache(directory: scratch.filters)
    for _ in 0..<2 {
      #expect(throws: PrivilegesError.self) {
        try cache.filter(for: SeccompProfile(defaultAction: .notify), on: .amd64)
      }
    }
    #expect(try scratch.names().isEmpty)
  }
}
