import Images

private let about = "failed 127.0.0.1:PORT/team/app: manifest 1: "

extension PullFault {
  private static func redirected(_ name: String, _ words: String, to location: String) -> PullFault {
    PullFault(name, about + words, script: manifest([.answer("302 Found", ["Location: \(location)"])]))
  }

  /// Ways that lead elsewhere.
  static let redirects = [
    PullFault(
      "redirected to nowhere",
      about + "redirected to nowhere: the Location header is missing",
      script: manifest([.answer("307 Temporary Redirect")])
    ),
    redirected(
      "redirected to a cloud's metadata",
      "redirected to 169.254.169.254, an address of this machine or its network, refused",
      to: "http://169.254.169.254/latest/meta-data/"
    ),
    redirected(
      "redirected to the same in other digits",
      "redirected to 0xa9fea9fe, an address of this machine or its network, refused",
      to: "http://0xa9fea9fe/"
    ),
    redirected(
      "redirected to no address",
      "redirected to [::], an address of this machine or its network, refused",
      to: "http://[::]/"
    ),
    redirected(
      "redirected to a file",
      "an address that begins neither with https:// nor with http://",
      to: "file:///etc/passwd"
    ),
    redirected("redirected to a user", "an address that has no host, or a user in it", to: "http://user@example.com/"),
    redirected("redirected to no host", "an address that has no host, or a user in it", to: "http:///x"),
    redirected(
      "redirected to what is too long",
      "an address that is too long or has characters that no address has",
      to: "http://127.0.0.1/" + String(repeating: "a", count: 20_000)
    ),
    PullFault(
      "redirected for ever",
      about + "more than 5 redirects",
      script: { request, _ in
        request.isForManifest || request.path.hasPrefix("/again")
          ? [.answer("302 Found", ["Location: /again\(request.path.utf8.count)"])] : nil
      }
    ),
    PullFault(
      "a layer redirected within",
      "pulled MANIFEST",
      script: { request, _ in
        if request.path == "/elsewhere?sig=1" { return ServedImage.blob(ServedImage.honest.layers[0], request) }
        return request.isFor(ServedImage.honest.descriptors[0].digest)
          ? [.answer("307 Temporary Redirect", ["Location: /elsewhere?sig=1"])] : nil
      }
    ),
    PullFault(
      "a layer redirected to what has expired",
      "failed 127.0.0.1:PORT/team/app: blob LAYER: the registry refuses (403); the image needs credentials, or does not exist: "
        + "check the name, imagePullSecrets and images.authFile",
      script: { request, _ in
        if request.path == "/expired" { return [.answer("403 Forbidden")] }
        return request.isFor(ServedImage.honest.descriptors[0].digest)
          ? [.answer("307 Temporary Redirect", ["Location: /expired"])] : nil
      }
    ),
  ]
}
