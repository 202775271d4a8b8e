import Linux

/// Descriptors that a child needs on its way; numbers only, since it shares nothing with its parent but their meaning.
struct ChildDescriptors {
  /// The three standard streams.
  let input: Int32
  let output: Int32
  let error: Int32
  /// Where it reports (``ChildStatus``).
  let status: Int32
  /// Where it waits for permission to run; end of file means that the supervisor has gone.
  let permission: Int32
}
