/// What a pod and an image say about who a container runs as: the effective values, the container's own before the pod's.
public struct UserRequest: Hashable, Sendable {
  /// `supplementalGroupsPolicy`.
  public enum GroupsPolicy: String, Hashable, Sendable {
    /// The groups that the image's `/etc/group` gives the user, and those of the pod.
    case merge = "Merge"
    /// Those of the pod only.
    case strict = "Strict"
  }

  /// `config.User` of the image; empty means root.
  public var imageUser: String
  /// `runAsUser`.
  public var runAsUser: Int64?
  /// `runAsGroup`.
  public var runAsGroup: Int64?
  /// `runAsNonRoot`.
  public var runAsNonRoot: Bool
  /// `supplementalGroups`.
  public var supplementalGroups: [Int64]
  /// `fsGroup`, which every process gets as a supplementary group.
  public var fsGroup: Int64?
  /// `supplementalGroupsPolicy`; Kubernetes' default is Merge.
  public var groupsPolicy: GroupsPolicy

  /// Makes a request.
  public init(
    imageUser: String = "",
    runAsUser: Int64? = nil,
    runAsGroup: Int64? = nil,
    runAsNonRoot: Bool = false,
    supplementalGroups: [Int64] = [],
    fsGroup: Int64? = nil,
    groupsPolicy: GroupsPolicy = .merge
  ) {
    self.imageUser = imageUser
    self.runAsUser = runAsUser
    self.runAsGroup = runAsGroup
    self.runAsNonRoot = runAsNonRoot
    self.supplementalGroups = supplementalGroups
    self.fsGroup = fsGroup
    self.groupsPolicy = groupsPolicy
  }
}

extension UserRequest {
  /// Applies `runAsNonRoot` to what can be known without the image's files, in the kubelet's own words, which become the
  /// message of `CreateContainerConfigError` (`verifyRunAsNonRoot` of
  /// pkg/kubelet/kuberuntime/security_context_others.go).
  ///
  /// - Parameters:
  ///   - pod: `name_namespace(uid)`, the kubelet's way to write a pod.
  ///   - container: The container's name.
  /// - Throws: ``PrivilegesError`` with an empty place.
  public func verifyRunAsNonRoot(pod: String, container: String) throws(PrivilegesError) {
    guard runAsNonRoot else { return }
    let subject = "(pod: \"\(pod)\", container: \(container))"
    func refusal(_ text: String) -> PrivilegesError { PrivilegesError(.invalid, "", "\(text) \(subject)") }
    if let runAsUser {
      if runAsUser == 0 { throw refusal("container's runAsUser breaks non-root policy") }
      return
    }
    let name = imageUser.prefix { $0 != ":" }
    guard !name.isEmpty else { throw refusal("container has runAsNonRoot and image will run as root") }
    guard let uid = Int64(name) else {
      throw refusal(
        "container has runAsNonRoot and image has non-numeric user (\(Self.plain(name))), cannot verify user is non-root"
      )
    }
    if uid == 0 { throw refusal("container has runAsNonRoot and image will run as root") }
    guard AccountID(uid) != nil else {
      let maximum = AccountID.maximum
      throw refusal(
        "container has runAsNonRoot and image has an invalid user id (\(uid)). (Must be 1-(\(maximum))): "
          + "must be between 0 and \(maximum), inclusive"
      )
    }
  }

  /// A name as it is when it is harmless, else in quotes with escapes: it comes from the image and ends in a status.
  private static func plain(_ name: Substring) -> String {
    let isHarmless = name.utf8.count <= 64 && name.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    return isHarmless ? String(name) : quoted(String(name))
  }
}
