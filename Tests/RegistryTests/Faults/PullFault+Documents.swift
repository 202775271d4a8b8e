import Images

@testable import Images

private let indexType = MediaType.index

/// The honest image with other documents.
private func edited(
  configuration: @escaping @Sendable (String) -> String = { $0 },
  manifest: @escaping @Sendable (String) -> String = { $0 }
) -> ServedImage {
  var image = ServedImage.honest
  image.edit = { (configuration($0), manifest($1)) }
  return image
}

private func replaced(_ old: String, _ new: String) -> @Sendable (String) -> String { { $0.replacing(old, with: new) } }

/// An index over one entry.
private func index(
  digest: String = ServedImage.honest.digest.description,
  size: Int = ServedImage.honest.manifest.count,
  type: String = MediaType.manifest,
  platform: String? = nil
) -> [UInt8] {
  let parts = platform?.split(separator: "/") ?? []
  let platform = parts.isEmpty ? "" : #","platform":{"os":"\#(parts[0])","architecture":"\#(parts[1])"}"#
  let entry = #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size)\#(platform)}"#
  return Array(#"{"schemaVersion":2,"mediaType":"\#(indexType)","manifests":[\#(entry)]}"#.utf8)
}

/// The tag stands for an index.
private func tagged(_ index: [UInt8]) -> PullFault.Script {
  { request, _ in request.path.hasSuffix("/manifests/1") ? [.document(index, indexType)] : nil }
}

extension PullFault {
  /// Manifests and indexes that are not what they should be.
  static let documents = manifests + indexes

  private static let manifests = [
    PullFault(
      "a page for people",
      "failed 127.0.0.1:PORT/team/app: manifest 1: answers with a page (text/html): it is no registry, or a proxy in between wants "
        + "something first",
      script: manifest([.answer("200 OK", ["Content-Type: text/html; charset=utf-8"], body: "<html>log in</html>")])
    ),
    PullFault(
      "nothing",
      "failed image: not acceptable JSON: byte 0: unexpected end of the text",
      script: manifest([.answer("200 OK", [ServedImage.manifestType])])
    ),
    PullFault(
      "a manifest called an index",
      "failed image: mediaType: expected application/vnd.oci.image.index.v1+json, as it was announced",
      script: manifest([.document(ServedImage.honest.manifest, indexType)])
    ),
    PullFault(
      "a manifest that is an index too",
      "failed image: it could be read as a manifest and as an index",
      image: edited(manifest: replaced(#"{"config""#, #"{"manifests":[],"config""#))
    ),
    PullFault(
      "a manifest with two configurations",
      "failed image: not acceptable JSON: byte 0: duplicate name \"config\" in this object",
      image: edited(manifest: replaced(#""layers":"#, #""config":{},"layers":"#))
    ),
    PullFault(
      "another version",
      "failed image manifest: schemaVersion: expected 2",
      image: edited(manifest: replaced(#""schemaVersion":2"#, #""schemaVersion":3"#))
    ),
    PullFault(
      "no container image",
      "failed image manifest: config.mediaType: expected the configuration of a container image, found "
        + "\"application/vnd.cncf.helm.config.v1+json\": this is something else",
      image: edited(manifest: replaced(MediaType.configuration, "application/vnd.cncf.helm.config.v1+json"))
    ),
    PullFault(
      "an encrypted layer",
      "failed image manifest: layers[0]: the layer is encrypted (application/vnd.oci.image.layer.v1.tar+encrypted), which is not "
        + "supported",
      image: edited(manifest: replaced(MediaType.layer, MediaType.layer + "+encrypted"))
    ),
    PullFault(
      "a layer from elsewhere",
      "failed image manifest: layers[0]: the layer is not distributed with the image "
        + "(application/vnd.oci.image.layer.nondistributable.v1.tar+gzip): it would have to come from elsewhere",
      image: edited(
        manifest: replaced(MediaType.layer, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
      )
    ),
    PullFault(
      "a layer of another kind",
      "failed image manifest: layers[0]: \"application/wasm\" is no type of layer that can be unpacked",
      image: edited(manifest: replaced(MediaType.layer, "application/wasm"))
    ),
    PullFault(
      "a digest that leads elsewhere",
      "failed image manifest: config.digest: invalid digest \"sha256:../../../etc/passwd\": sha256 has 64 digits, not 19",
      image: edited(
        manifest: replaced(ServedImage.honest.configurationDigest.description, "sha256:../../../etc/passwd")
      )
    ),
    PullFault(
      "a layer of less than nothing",
      "failed image manifest: layers[0].size: expected an integer that is not negative",
      image: edited(manifest: replaced(#""size":\#(ServedImage.honest.layers[0].count)"#, #""size":-1"#))
    ),
    PullFault(
      "a million layers",
      "failed image: not acceptable JSON: byte 400159: too many values",
      image: edited(manifest: { manifest in
        let start = manifest.firstRange(of: #""layers":["#)?.upperBound ?? manifest.startIndex
        return manifest[..<start] + String(repeating: "0,", count: 1_000_000) + manifest[start...]
      })
    ),
    PullFault(
      "a layer larger than any",
      "failed LAYER is not what came: the layer has 4611686018427387904 bytes, at most 68719476736 are read",
      image: edited(
        manifest: replaced(#""size":\#(ServedImage.honest.layers[0].count)"#, #""size":4611686018427387904"#)
      )
    ),
    PullFault(
      "a configuration larger than any",
      "failed CONFIG is not what came: it has 99999999 bytes, at most 4194304 are read",
      image: edited(
        manifest: replaced(#""size":\#(ServedImage.honest.configuration.count)"#, #""size":99999999"#)
      )
    ),
    PullFault(
      "another manifest than the digest says",
      "failed MANIFEST is not what came: that has the digest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      reference: "team/app@\(ServedImage.honest.digest)",
      script: manifest([.answer("200 OK", [ServedImage.manifestType], body: "{}")])
    ),
  ]

  private static let indexes = [
    PullFault(
      "an index without this platform",
      "failed the image has nothing for \(Platform.host); it has linux/s390x",
      script: tagged(index(platform: "linux/s390x"))
    ),
    PullFault(
      "an index of attachments alone",
      "failed the image has nothing for \(Platform.host); it has nothing at all",
      script: tagged(index(platform: "unknown/unknown"))
    ),
    PullFault(
      "an index whose manifest has gone: the tag was moved meanwhile",
      "failed 127.0.0.1:PORT/team/app: manifest MANIFEST: not found",
      script: { request, _ in
        if request.path.hasSuffix("/manifests/1") { return [.document(index(), indexType)] }
        return request.isForManifest ? [.answer("404 Not Found")] : nil
      }
    ),
    PullFault(
      "an index whose manifest became another",
      "failed MANIFEST is not what came: that has the digest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      script: { request, _ in
        if request.path.hasSuffix("/manifests/1") { return [.document(index(), indexType)] }
        return request.isForManifest ? [.answer("200 OK", [ServedImage.manifestType], body: "{}")] : nil
      }
    ),
    PullFault(
      "an index that lies about a size",
      "failed MANIFEST is not what came: it has \(ServedImage.honest.manifest.count) bytes, expected 7",
      script: tagged(index(size: 7))
    ),
    PullFault(
      "an index that lies about a type",
      "failed image: mediaType: expected application/vnd.docker.distribution.manifest.v2+json, as it was announced",
      script: tagged(index(type: MediaType.dockerManifest))
    ),
    PullFault(
      "indexes in indexes",
      "failed the image's indexes are nested deeper than 4, or lead to too many documents",
      script: { request, _ in
        var documents = [index()]
        for _ in 0..<6 {
          let inner = documents[documents.count - 1]
          documents.append(
            index(digest: ContentDigest.sha256(of: inner).description, size: inner.count, type: indexType)
          )
        }
        if request.path.hasSuffix("/manifests/1") { return [.document(documents[6], indexType)] }
        return documents.first { request.isFor(.sha256(of: $0)) }.map { [.document($0, indexType)] }
      }
    ),
    PullFault(
      "a tag that changes between two attempts",
      "pulled MANIFEST",
      script: { request, attempt in
        guard request.path.hasSuffix("/manifests/1") else { return nil }
        // The first answer is of another image and breaks off.
        return attempt == 0
          ? [.head("200 OK", [ServedImage.manifestType, "Content-Length: 500"]), .text(#"{"schemaVersion":2,"#)] : nil
      }
    ),
  ]
}
