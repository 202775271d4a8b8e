import Testing

@testable import Privileges

@Suite("Users and groups are resolved from the image's own files as containerd's CRI plug-in does")
struct ResolvedUserTests {
  static let passwd = """
    root:x:0:0:root:/root:/bin/sh
    # comment:x:5:5::/:/bin/sh
    +nis::::::

    www:x:33:34:web:/var/www:/bin/false
    www:x:99:99:second:/second:/bin/false
    toor:x:0:0::/toor:/bin/sh
    1337:x:1000:1000::/home/1337:
    bad:x:abc:5::/:
    badgid:x:40:-1::/:
    wrapped:x:4294967296:0::/:
    negative:x:-1:0::/:
    short:x
    nohome:x:50:50::
      spaced:x:51:51:g:/home/spaced:/bin/sh\r
    ctrl:x:52:52:g:/home/\u{1}:/bin/sh
    1001:x:60:60::/sixty:
    """
  static let group = """
    root:x:0:
    www:x:34:www
    video:x:44:www,spaced
    audio:x:29:root,www
    staff:x:50:
    1000:x:77:www
    badmembers:x:oops:nohome
    wheel:x:10:root,1337
    dup:x:44:www
    empty:x:45:,,
    # note:x:46:www
    """

  static let accounts = AccountFiles(passwd: Array(passwd.utf8), group: Array(group.utf8))

  struct Row {
    var request: UserRequest
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]
    var home: String?
  }

  static func image(_ user: String, runAsUser: Int64? = nil, runAsGroup: Int64? = nil) -> UserRequest {
    UserRequest(imageUser: user, runAsUser: runAsUser, runAsGroup: runAsGroup)
  }

  static let resolved: [Row] = [
    Row(request: image(""), uid: 0, gid: 0, groups: [0, 10, 29], home: "/root"),
    Row(request: image("0"), uid: 0, gid: 0, groups: [0, 10, 29], home: "/root"),
    Row(request: image("root"), uid: 0, gid: 0, groups: [0, 10, 29], home: "/root"),
    // A second name for root keeps its own groups; the home directory is the one of the number.
    Row(request: image("toor"), uid: 0, gid: 0, groups: [0], home: "/root"),
    Row(request: image("www"), uid: 33, gid: 34, groups: [29, 34, 44, 77], home: "/var/www"),
    Row(request: image("33"), uid: 33, gid: 34, groups: [29, 34, 44, 77], home: "/var/www"),
    Row(request: image("www:staff"), uid: 33, gid: 50, groups: [29, 44, 50, 77], home: "/var/www"),
    Row(request: image("33:7"), uid: 33, gid: 7, groups: [7, 29, 44, 77], home: "/var/www"),
    // A number is a number, whatever it is somebody's name.
    Row(request: image("1337"), uid: 1337, gid: 0, groups: [0], home: nil),
    Row(request: image("1000"), uid: 1000, gid: 1000, groups: [10, 1000], home: "/home/1337"),
    Row(request: image("1001"), uid: 1001, gid: 0, groups: [0], home: nil),
    Row(request: image("33:1000"), uid: 33, gid: 1000, groups: [29, 44, 77, 1000], home: "/var/www"),
    Row(request: image("5000"), uid: 5000, gid: 0, groups: [0], home: nil),
    Row(request: image("5000:6000"), uid: 5000, gid: 6000, groups: [6000], home: nil),
    Row(request: image("spaced"), uid: 51, gid: 51, groups: [44, 51], home: "/home/spaced"),
    // The pod overrides the image, its group too.
    Row(request: image("www:staff", runAsUser: 5000), uid: 5000, gid: 0, groups: [0], home: nil),
    Row(request: image("no:such:thing", runAsUser: 33), uid: 33, gid: 34, groups: [29, 34, 44, 77], home: "/var/www"),
    Row(request: image("www:staff", runAsGroup: 8), uid: 33, gid: 8, groups: [8, 29, 44, 77], home: "/var/www"),
    Row(request: image("", runAsUser: 33, runAsGroup: 8), uid: 33, gid: 8, groups: [8, 29, 44, 77], home: "/var/www"),
    Row(request: image("40:1"), uid: 40, gid: 1, groups: [1], home: "/"),
    Row(
      request: UserRequest(imageUser: "www", supplementalGroups: [9, 44, 9], fsGroup: 3000),
      uid: 33,
      gid: 34,
      groups: [9, 29, 34, 44, 77, 3000],
      home: "/var/www"
    ),
    Row(
      request: UserRequest(imageUser: "www", supplementalGroups: [9], fsGroup: 3000, groupsPolicy: .strict),
      uid: 33,
      gid: 34,
      groups: [9, 34, 3000],
      home: "/var/www"
    ),
    Row(
      request: UserRequest(runAsUser: 33, groupsPolicy: .strict),
      uid: 33,
      gid: 34,
      groups: [34],
      home: "/var/www"
    ),
  ]

  @Test("Resolved", arguments: resolved)
  func resolves(row: Row) throws {
    let user = try ResolvedUser(row.request, in: Self.accounts)
    #expect(user.uid == row.uid && user.gid == row.gid)
    #expect(user.groups == row.groups)
    #expect(user.home == row.home)
    #expect(user.isRoot == (row.uid == 0))
  }

  static let refused: [(request: UserRequest, text: String)] = [
    (image("nobody"), "image user: unable to find user \"nobody\": no matching entries in passwd file"),
    (image("www:nogroup"), "unable to find group \"nogroup\": no matching entries in group file"),
    (image("bad"), "etc/passwd:9: the image's file has \"abc\" where a user id"),
    (image("badgid"), "etc/passwd:10: the image's file has \"-1\" where a group id"),
    (image("40"), "etc/passwd:10"), (image("wrapped"), "etc/passwd:11"), (image("negative"), "etc/passwd:12"),
    (image("short"), "etc/passwd:13"), (image("nohome"), "etc/group:7"), (image("ctrl"), "etc/passwd:16: the image's"),
    (image("+nis"), "image user"), (image("# comment"), "image user"), (image("4294967296"), "out of range"),
    (image("", runAsUser: -1), "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647"),
    (image("", runAsUser: 4_294_967_296), "securityContext.runAsUser"),
    (image("", runAsGroup: 2_147_483_648), "securityContext.runAsGroup"),
    (UserRequest(fsGroup: -5), "securityContext.fsGroup"),
    (UserRequest(supplementalGroups: [1, -1]), "securityContext.supplementalGroups[1]"),
    (UserRequest(imageUser: "toor", runAsNonRoot: true), "image will run as root"),
    (UserRequest(supplementalGroups: (0...70_000).map { $0 }), "65536"),
  ]

  @Test("Refused", arguments: refused)
  func refuses(row: (request: UserRequest, text: String)) {
    let error = #expect(throws: PrivilegesError.self) { try ResolvedUser(row.request, in: Self.accounts) }
    #expect(error?.description.contains(row.text) == true, "\(String(describing: error))")
  }

  @Test("Without files numbers work and names do not")
  func withoutFiles() throws {
    let none = AccountFiles()
    #expect(try ResolvedUser(Self.image("1:2"), in: none).groups == [2])
    #expect(try ResolvedUser(Self.image(""), in: none).home == nil)
    #expect(throws: PrivilegesError.self) { try ResolvedUser(Self.image("root"), in: none) }
  }

  @Test("Random files and requests: an answer or an error, and never root unless asked for")
  func random() {
    var random = SeededGenerator()
    let alphabet = Array("root:x:0:1000:/,\n\n::a-9#+\0\r ".utf8)
    func text(_ length: UInt64) -> [UInt8] {
      (0..<random.next() % length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
    }
    for _ in 0..<3_000 {
      let accounts = AccountFiles(passwd: text(200), group: text(200))
      let user = String(decoding: text(6), as: UTF8.self)
      guard let resolved = try? ResolvedUser(Self.image(user), in: accounts) else { continue }
      #expect(resolved.groups.contains(resolved.gid) && resolved.groups == resolved.groups.sorted())
      let byName = !user.utf8.allSatisfy { (0x30...0x3a).contains($0) }
      let asked = user.isEmpty || user.hasPrefix("0") || byName
      #expect(!resolved.isRoot || asked, "seed \(random.seed): \(user.debugDescription)")
    }
  }

  @Test("A megabyte of lines is no effort")
  func large() throws {
    let lines = AccountFiles(
      passwd: Array(repeating: 0x0a, count: AccountFiles.maximumBytes),
      group: Array(repeating: Array("g:x:1:www,\n".utf8), count: 90_000).flatMap { $0 }
    )
    #expect(throws: PrivilegesError.self) { try ResolvedUser(Self.image("www"), in: lines) }
    #expect(try ResolvedUser(Self.image("33"), in: lines).gid == 0)
  }
}
