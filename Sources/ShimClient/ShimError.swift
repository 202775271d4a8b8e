import LaunchPlan
import Linux

/// Why a request to a supervisor was not answered with success.
public enum ShimError: Error, Hashable, Sendable {
  /// It said why not.
  case refused(Failure)
  /// It has gone, or broke the protocol and is treated as gone.
  case gone
  /// It did not answer in time.
  case timedOut
  /// The request could not be sent.
  case notSent(SyscallError)
}

/// An answer with the descriptors that came with it.
public struct ShimAnswer: Sendable {
  /// What it said.
  public let reply: ShimReply
  /// What it gave.
  public let descriptors: [SharedFD]
}
