import Glibc

/// A mount that is attached nowhere (`fsmount(2)`, or `open_tree(2)` with OPEN_TREE_CLONE). It goes with the last reference,
/// unless a runtime was given it meanwhile.
public final class DetachedMount: Sendable {
  /// The descriptor.
  public let descriptor: Int32

  /// Takes ownership of the descriptor.
  public init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
