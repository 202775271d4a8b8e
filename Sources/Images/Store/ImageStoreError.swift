import Glibc
import Linux
import UnpackPlan

/// Why the store could not do what was asked.
public enum ImageStoreError: Error, Equatable, CustomStringConvertible {
  /// There is no image of this name.
  case notFound(ImageReference)
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
  /// The task was cancelled.
  case cancelled

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .notFound(let name): "there is no image \(name); see: swiftlet image list"
    case .gone(let name): "the image \(name) was removed meanwhile; import it again"
    case .inUse(let name, let holders):
      "the image \(name) is in use by \(holders.isEmpty ? "a running pod" : holders.joined(separator: ", "));"
        + " stop that first"
    case .digestInName(let name):
      "cannot import under \(name): the digest follows from the content; use \(name.repository):<tag>"
    case .damaged(let what, let reason): "\(what) is damaged: \(reason); remove the image and import it again"
    case .configuration(let error): error.description
    case .document(let error): error.description
    case .content(let digest, let reason): "\(digest) is not what came: \(reason)"
    case .unsupported(let what): what
    case .platform(let wanted, let available):
      "the image has nothing for \(wanted); it has \(available.isEmpty ? "nothing at all" : available.joined(separator: ", "))"
    case .source(let error): error.description
    case .unpack(let failure): "the archive was refused: \(failure)"
    case .unpacker(let reason): reason
    case .system(let step, let error):
      "\(step): \(error)" + (error.errno == EACCES || error.errno == EPERM ? "; the image store needs root" : "")
    case .cancelled: "cancelled"
    }
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
