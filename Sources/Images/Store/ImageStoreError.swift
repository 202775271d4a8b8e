import Glibc
import Linux
import UnpackPlan

/// Why the store could not do what was asked.
public enum ImageStoreError: Error, Equatable, CustomStringConvertible {
  /// There is no image that this means.
  case noSuchImage(ImageSelector)
  /// Several images begin so; the beginnings of their ids.
  case ambiguous(ImageSelector, ids: [String])
  /// It means an image by what all its names share.
  case severalNames(ImageSelector, names: [ImageReference])
  /// The image was removed between looking it up and using it.
  case gone(ImageReference)
  /// The image is in use; who by, as far as they said.
  case inUse(ImageReference, holders: [String])
  /// An import must name a repository and a tag; content decides its own digest.
  case digestInName(ImageReference)
  /// A file of the store is not as it was written.
  case damaged(String, reason: String)
  /// What the user gave for the image's configuration.
  case configuration(DocumentError)
  /// A document of an image is not what it must be.
  case document(DocumentError)
  /// Content is not what its descriptor says.
  case content(ContentDigest, reason: String)
  /// What this store does not do, by name.
  case unsupported(String)
  /// No part of the image is for this platform; which ones there are.
  case platform(Platform, available: [String])
  /// Where the image comes from did not give it.
  case source(ContentSourceError)
  /// The archive was not unpacked.
  case unpack(UnpackFailure)
  /// The unpacker could not be run, or broke its protocol.
  case unpacker(String)
  /// The kernel refused; which step.
  case system(String, SyscallError)
  /// Nobody but root can unpack what layers have: owners, nodes, capabilities.
  case notRoot
  /// The task was cancelled.
  case cancelled

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .noSuchImage(let selector): "there is no image \(Self.meant(selector)); see: swiftlet image list"
    case .ambiguous(let selector, let ids):
      "\(selector.text.shortenedForMessage) is the beginning of several ids (\(ids.joined(separator: ", "))); write more of it"
    case .severalNames(let selector, let names):
      "\(selector.text.shortenedForMessage) has several names, remove those that shall go: swiftlet image rm "
        + names.map(\.description).joined(separator: " ")
    case .gone(let name): "the image \(name) was removed meanwhile; pull or load it again"
    case .inUse(let name, let holders):
      "the image \(name) is in use by \(holders.isEmpty ? "a running pod" : holders.joined(separator: ", "));"
        + " stop that first"
    case .digestInName(let name):
      "cannot import under \(name): the digest follows from the content; use \(name.repository):<tag>"
    case .damaged(let what, let reason): "\(what) is damaged: \(reason); remove the image and pull or load it again"
    case .configuration(let error): error.description
    case .document(let error): error.description
    case .content(let digest, let reason): "\(digest) is not what came: \(reason)"
    case .unsupported(let what): what
    case .platform(let wanted, let available):
      "the image has nothing for \(wanted); it has \(available.isEmpty ? "nothing at all" : available.joined(separator: ", "))"
    case .source(let error): error.description
    case .unpack(let failure):
      failure.kind == .diskFull ? "\(failure)\(Self.makeRoom)" : "the archive was refused: \(failure)"
    case .unpacker(let reason): reason
    case .system(let step, let error): "\(step): \(error)\(Self.advice(error.errno))"
    case .notRoot: "the image store is for root alone: run this as root, for example with sudo"
    case .cancelled: "cancelled"
    }
  }
}

extension ImageStoreError {
  private static let makeRoom = "; make room on the disk, for example with: swiftlet image prune -a"

  private static func advice(_ number: Int32) -> String {
    switch number {
    case ENOSPC, EDQUOT: makeRoom
    case ENOTDIR: "; --state-dir must name a directory"
    case EROFS: "; the image store must be writable: choose another place with --state-dir"
    default: ""
    }
  }

  /// What a person wrote, and what it was taken for.
  private static func meant(_ selector: ImageSelector) -> String {
    let text = selector.text.shortenedForMessage
    let name = selector.name.map(\.description)
    if selector.digits != nil {
      return "\(text): no id or digest begins so" + (name.map { ", and nothing is called \($0)" } ?? "")
    }
    return name.map { $0 == text ? text : "\(text) (\($0))" } ?? text
  }
}

/// Runs a step whose failure is the kernel's, and says which step it was.
@discardableResult
func step<Value: ~Copyable>(
  _ name: @autoclosure () -> String,
  _ body: () throws(SyscallError) -> Value
) throws(ImageStoreError) -> Value {
  do throws(SyscallError) {
    return try body()
  } catch {
    throw ImageStoreError.system(name(), error)
  }
}
