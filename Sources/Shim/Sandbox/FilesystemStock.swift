import CLinux
import Glibc
import LaunchPlan
import Linux

/// Filesystems for the next container, attached nowhere, made one at a time while nobody asks for anything: what a
/// container's first process finds ready it need not make between `clone3` and `execve`.
///
/// Only what belongs to no namespace of the container's own is here: a procfs shows the PID namespace of its maker, and a
/// cgroup filesystem the cgroup namespace.
final class FilesystemStock {
  /// One of them, and the directory that it is for.
  private struct Piece {
    let step: MountStep
    let type: String
    let options: [FilesystemOption]
    var filesystem: SharedFD?
  }

  private static let types: Set<String> = ["tmpfs", "devpts", "mqueue", "sysfs"]
  private static let dev = "/dev"

  private let plan: StockPlan
  private let devices: [PreparedDevice]
  private let links: [PreparedLink]
  /// Directories of `/dev` on which something is mounted.
  private let folders: [String]
  private var pieces: [Piece]
  /// Containers for which nothing was made yet.
  private var remaining: Int

  init(_ plan: StockPlan) throws(StepFailure) {
    self.plan = plan
    devices = try PreparedDevice.all(plan.devices)
    links = try PreparedLink.all(plan.links)
    folders = plan.mounts.compactMap { step in
      let components = step.target.split(separator: "/", omittingEmptySubsequences: false)
      guard components.count == 3, components[1] == "dev", !["", ".", ".."].contains(components[2]) else { return nil }
      return String(components[2])
    }
    pieces = plan.mounts.compactMap { step in
      guard case .filesystem(let type, let options) = step.source, Self.types.contains(type) else { return nil }
      return Piece(step: step, type: type, options: options.map(FilesystemOption.init(parsing:)))
    }
    remaining = plan.containers
  }

  /// Whether there is something to make.
  var isIncomplete: Bool { remaining > 0 && pieces.contains { $0.filesystem == nil } }

  /// Makes the next one that is missing. What cannot be made is left to the container, which then says why.
  func makeNext() {
    guard let index = pieces.firstIndex(where: { $0.filesystem == nil }) else { return }
    do throws(StepFailure) { pieces[index].filesystem = SharedFD(try make(pieces[index])) } catch { remaining = 0 }
  }

  private func make(_ piece: Piece) throws(StepFailure) -> OwnedFD {
    let made = try step("make a filesystem", piece.step.target) { () throws(SyscallError) in
      try makeDetachedFilesystem(piece.type, piece.options, MountAttributes(rawValue: piece.step.attributes))
    }
    if piece.step.target == Self.dev && piece.type == "tmpfs" {
      let own = umask(0)
      defer { umask(own) }
      try ContainerDevices.make(devices, links, in: made.raw)
      for folder in folders {
        try step("make a mount's directory", folder) { () throws(SyscallError) in
          try ensureDirectory(made.raw, folder, mode: 0o755)
        }
      }
    }
    return made
  }

  /// Hands out what fits a container's plan, each once. A `/dev` fits with its nodes and links only.
  func take(for plan: LaunchPlan) -> StockedFilesystems {
    // What is still missing is made here rather than by the container: it costs the same.
    while isIncomplete { makeNext() }
    var taken = StockedFilesystems()
    let hasOwnNodes = plan.devices != self.plan.devices || plan.links != self.plan.links
    for (place, mount) in plan.mounts.enumerated() {
      guard let index = pieces.firstIndex(where: { $0.step == mount && $0.filesystem != nil }) else { continue }
      if mount.target == Self.dev && hasOwnNodes { continue }
      taken.byMount[place] = pieces[index].filesystem
      taken.hasDevices = taken.hasDevices || mount.target == Self.dev
      pieces[index].filesystem = nil
    }
    remaining -= 1
    // Nobody is to come who could use the rest.
    if remaining <= 0 { for index in pieces.indices { pieces[index].filesystem = nil } }
    return taken
  }
}

/// What one container got.
struct StockedFilesystems {
  /// By the mount's place in the plan.
  var byMount: [Int: SharedFD] = [:]
  /// Whether its `/dev` is among them, nodes and links included.
  var hasDevices = false
}
