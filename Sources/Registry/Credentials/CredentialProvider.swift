import Dispatch
import JSONText
import Synchronization

/// A program that knows credentials: the kubelet's credential provider protocol (`credentialprovider.kubelet.k8s.io/v1`,
/// KEP-2133).
public final class CredentialProvider: CredentialSource {
  /// How one is run.
  public struct Settings: Equatable, Sendable {
    /// The program's name in the directory of providers.
    public var name: String
    /// The images that it is asked about.
    public var matchImages: [String]
    /// How long an answer is good where it does not say, in seconds.
    public var defaultCacheSeconds: Int64
    /// The program's arguments.
    public var arguments: [String]
    /// Variables beside those of this process: `name=value`.
    public var environment: [String]

    /// Makes settings.
    public init(
      name: String,
      matchImages: [String],
      defaultCacheSeconds: Int64,
      arguments: [String] = [],
      environment: [String] = []
    ) {
      self.name = name
      self.matchImages = matchImages
      self.defaultCacheSeconds = defaultCacheSeconds
      self.arguments = arguments
      self.environment = environment
    }
  }

  private struct Answer {
    let entries: [(pattern: String, credential: RegistryCredential)]
    let goodUntil: ContinuousClock.Instant
  }

  private let settings: Settings
  private let run: ProgramRun
  private let patterns: [CredentialPattern]
  private let answers = Mutex<[String: Answer]>([:])

  /// The kubelet's minute.
  private static let patience: Int64 = 60_000
  private static let version = "credentialprovider.kubelet.k8s.io/v1"

  /// - Parameters:
  ///   - directory: Where the programs are; absolute.
  ///   - inherited: The variables of this process.
  ///   - milliseconds: How long a program may take.
  public init(_ settings: Settings, directory: String, inherited: [String], milliseconds: Int64? = nil) {
    self.settings = settings
    patterns = settings.matchImages.map(CredentialPattern.init)
    run = ProgramRun(
      path: "\(directory)/\(settings.name)",
      arguments: settings.arguments,
      environment: inherited + settings.environment,
      milliseconds: milliseconds ?? Self.patience
    )
  }

  /// What the program says about a repository; nothing for images that it is not asked about.
  public func credentials(registry: String, path: String) async throws(CredentialError) -> [OfferedCredential] {
    guard patterns.contains(where: { $0.matches(registry: registry, path: path) }) else { return [] }
    let image = "\(registry)/\(path)"
    let keys = ["Image " + image, "Registry " + registry, "Global"]
    let valid = answers.withLock { answers in
      answers = answers.filter { $0.value.goodUntil > .now }
      return answers
    }
    let known = keys.compactMap { valid[$0] }.first
    let answer: Answer
    if let known { answer = known } else { answer = try await ask(image, registry) }
    return answer.entries.map { (CredentialPattern($0.pattern), $0.credential) }
      .filter { $0.0.matches(registry: registry, path: path) }
      .sorted { $0.0.weight > $1.0.weight }
      .map { OfferedCredential($0.1, origin: "credential provider \(settings.name)") }
  }

  private func ask(_ image: String, _ registry: String) async throws(CredentialError) -> Answer {
    let question = JSONValue.object([
      JSONMember("apiVersion", .string(Self.version)), JSONMember("image", .string(image)),
      JSONMember("kind", .string("CredentialProviderRequest")),
    ]).serialized()
    let run = run
    // It blocks for as long as the program takes, which no thread of the concurrency runtime may.
    let result: Result<[UInt8], CredentialError> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: Result { () throws(CredentialError) in try run.answer(question) })
      }
    }
    let (key, answer) = try parse(try result.get(), image, registry)
    answers.withLock { $0[key] = answer }
    return answer
  }

  private func parse(
    _ bytes: [UInt8],
    _ image: String,
    _ registry: String
  ) throws(CredentialError) -> (key: String, Answer) {
    func failure(_ text: String) -> CredentialError { CredentialError("\(run.path): \(text)") }
    let limits = JSONLimits(bytes: ProgramRun.greatestAnswer, depth: 8, values: 10_000)
    // The answer is full of secrets: nothing of it goes into a message.
    guard let value = try? JSONValue(parsing: bytes, limits: limits) else { throw failure("its answer is not JSON") }
    guard value["kind"]?.string == "CredentialProviderResponse", value["apiVersion"]?.string == Self.version else {
      throw failure("its answer is no CredentialProviderResponse of \(Self.version)")
    }
    let key: String
    switch value["cacheKeyType"]?.string {
    case "Image": key = "Image " + image
    case "Registry": key = "Registry " + registry
    case "Global": key = "Global"
    default: throw failure("cacheKeyType: expected Image, Registry or Global")
    }
    var seconds = settings.defaultCacheSeconds
    if let text = value["cacheDuration"]?.string {
      guard let duration = GoDuration.seconds(text) else {
        throw failure("cacheDuration: expected a duration such as 12h")
      }
      seconds = duration
    }
    var entries: [(String, RegistryCredential)] = []
    for member in value["auth"]?.members ?? [] {
      guard let user = member.value["username"]?.string, let password = member.value["password"]?.string else {
        throw failure("auth: expected username and password")
      }
      entries.append((member.name, .password(user: user, password: password)))
    }
    return (key, Answer(entries: entries, goodUntil: .now + .seconds(min(max(seconds, 0), 1 << 30))))
  }
}

/// Durations as Go writes them: `12h`, `1h30m`, `1.5s`.
public enum GoDuration {
  /// Whole seconds, rounded down; nil for what is none, and for negative ones.
  public static func seconds(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    let units: [(String, Double)] = [
      ("h", 3600), ("ms", 0.001), ("m", 60), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("s", 1),
    ]
    var rest = Substring(text)
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let number = Double(digits), digits.utf8.count <= 15 else { return nil }
      rest = rest.dropFirst(digits.count)
      guard let unit = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
      rest = rest.dropFirst(unit.0.count)
      total += number * unit.1
    }
    return text.isEmpty || total >= 1e15 ? nil : Int64(total)
  }
}
