/// `$(NAME)` in commands, arguments and values, as Kubernetes expands it (`third_party/forked/golang/expansion`).
enum Expansion {
  /// Replaces every `$(NAME)` that `variables` knows. `$$` stands for `$`, so that `$$(NAME)` stays `$(NAME)`; what is
  /// unknown or incomplete stays as it is.
  static func expand(_ text: String, _ variables: [String: String]) -> String {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.popFirst() {
      guard first == UInt8(ascii: "$"), let next = rest.first else {
        result.append(first)
        continue
      }
      if next == UInt8(ascii: "$") {
        result.append(next)
        rest.removeFirst()
      } else if next == UInt8(ascii: "("), let end = rest.firstIndex(of: UInt8(ascii: ")")) {
        let name = String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self)
        result += Array((variables[name] ?? "$(\(name))").utf8)
        rest = rest[rest.index(after: end)...]
      } else {
        // The character after a `$` that begins nothing belongs to it: in `$x$(A)` only `$(A)` is a reference.
        result += [first, next]
        rest.removeFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
