/// Who a container's first process runs as: numbers only.
public struct ResolvedUser: Hashable, Sendable {
  /// User id.
  public let uid: UInt32
  /// Primary group id.
  public let gid: UInt32
  /// The exact list for `setgroups(2)`: ascending, without duplicates, the primary group included (CVE-2023-25173).
  public let groups: [UInt32]
  /// The home directory that the image's `/etc/passwd` gives this user id; `nil` when it gives none. Runtimes set `HOME`
  /// to it, or to `/`, where the container's environment has no `HOME`.
  public let home: String?

  /// Whether it is root, however it was written.
  public var isRoot: Bool { uid == 0 }

  /// The kernel's NGROUPS_MAX.
  private static let maximumGroups = 65_536

  /// Resolves a request against an image's own files.
  ///
  /// As containerd's CRI plug-in does: the user is `runAsUser`, else the image's; a user given by number has the primary
  /// group of its entry in `/etc/passwd`, else 0; `runAsGroup` overrides it. Supplementary groups under Merge are those
  /// whose members `/etc/group` names. One difference to Kubernetes, which drops it (kubernetes/kubernetes#61967): the
  /// group of an image's `user:group` counts when the pod names neither a user nor a group, as in Docker.
  ///
  /// - Parameters:
  ///   - request: What pod and image say.
  ///   - accounts: The image's files.
  ///   - field: Path of the security context, for errors.
  /// - Throws: ``PrivilegesError`` for numbers out of range, unknown names and broken lines of the files; never root
  ///   instead of an error.
  public init(
    _ request: UserRequest,
    in accounts: AccountFiles,
    field: String = "securityContext"
  ) throws(PrivilegesError) {
    let runAsGroup = try Self.id(request.runAsGroup, field + ".runAsGroup").map(UserString.Account.id)
    let wanted: (user: UserString.Account, group: UserString.Account?)
    if let uid = try Self.id(request.runAsUser, field + ".runAsUser") {
      wanted = (.id(uid), runAsGroup)
    } else {
      let image = try UserString(request.imageUser)
      wanted = (image.user, runAsGroup ?? image.group)
    }
    let line = try accounts.user(wanted.user)
    let uid: UInt32
    switch wanted.user {
    case .id(let id): uid = id
    case .name(let name):
      guard let line else {
        throw PrivilegesError(
          .notFound,
          "image user",
          "unable to find user \(quoted(name)): no matching entries in passwd file"
        )
      }
      uid = try line.id(2, "a user id")
    }
    self.uid = uid
    gid =
      if let group = wanted.group { try accounts.groupID(group) } else { try line?.id(3, "a group id") ?? 0 }
    guard !(request.runAsNonRoot && uid == 0) else {
      throw PrivilegesError(.invalid, "", "container has runAsNonRoot and image will run as root")
    }
    groups = try Self.groups(request, gid, line, wanted.user, accounts, field)
    let home = try accounts.user(.id(uid))?.text(5)
    self.home = home?.isEmpty == false ? home : nil
  }

  private static func groups(
    _ request: UserRequest,
    _ gid: UInt32,
    _ line: AccountLine?,
    _ user: UserString.Account,
    _ accounts: AccountFiles,
    _ field: String
  ) throws(PrivilegesError) -> [UInt32] {
    var groups: Set<UInt32> = [gid]
    if request.groupsPolicy == .merge {
      switch user {
      case .name(let name): groups.formUnion(try accounts.groups(ofMember: name))
      case .id:
        if let name = try line?.text(0) { groups.formUnion(try accounts.groups(ofMember: name)) }
      }
    }
    if let fsGroup = try id(request.fsGroup, field + ".fsGroup") { groups.insert(fsGroup) }
    for (index, number) in request.supplementalGroups.enumerated() {
      if let group = try id(number, field + ".supplementalGroups[\(index)]") { groups.insert(group) }
    }
    guard groups.count <= maximumGroups else {
      throw PrivilegesError(.invalid, field, "the user has \(groups.count) groups; Linux takes \(maximumGroups)")
    }
    return groups.sorted()
  }

  private static func id(_ number: Int64?, _ field: String) throws(PrivilegesError) -> UInt32? {
    guard let number else { return nil }
    guard let id = AccountID(number) else {
      throw PrivilegesError(
        .invalid,
        field,
        "Invalid value: \(number): must be between 0 and \(AccountID.maximum), inclusive"
      )
    }
    return id.value
  }
}
