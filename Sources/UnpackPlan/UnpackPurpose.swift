/// What an archive is unpacked for. The parent names it in `argv[3]`; without that it is a layer.
public enum UnpackPurpose: String, Sendable {
  /// A layer of an image: everything exactly as the archive says, as overlayfs stacks it.
  case layer
  /// The files of an archive of images: content only, owned by root, mode 0600.
  case files
}
