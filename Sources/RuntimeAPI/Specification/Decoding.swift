/// Decoding of `config.json`: what the specification calls optional may be missing, and has its default then.
extension KeyedDecodingContainer {
  func value<T: Decodable>(_ key: Key, default fallback: T) throws -> T {
    try decodeIfPresent(T.self, forKey: key) ?? fallback
  }
}
