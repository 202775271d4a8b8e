extension Container: Codable {
  private enum CodingKeys: CodingKey {
    case name, image, imagePullPolicy, command, args, workingDir, ports, env, envFrom, volumeMounts, resources
    case restartPolicy, securityContext, lifecycle, livenessProbe, readinessProbe, startupProbe
    case tty, stdin, stdinOnce, terminationMessagePath, terminationMessagePolicy
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try container.decode(String.self, forKey: .name),
      image: try container.decode(String.self, forKey: .image)
    )
    imagePullPolicy = try container.decode(.imagePullPolicy, default: imagePullPolicy)
    command = try container.decode(.command, default: [])
    args = try container.decode(.args, default: [])
    workingDir = try container.decodeIfPresent(String.self, forKey: .workingDir)
    ports = try container.decode(.ports, default: [])
    env = try container.decode(.env, default: [])
    envFrom = try container.decode(.envFrom, default: [])
    volumeMounts = try container.decode(.volumeMounts, default: [])
    restartPolicy = try container.decodeIfPresent(RestartPolicy.self, forKey: .restartPolicy)
    resources = try container.decode(.resources, default: resources)
    securityContext = try container.decode(.securityContext, default: securityContext)
    lifecycle = try container.decodeIfPresent(Lifecycle.self, forKey: .lifecycle)
    livenessProbe = try container.decodeIfPresent(Probe.self, forKey: .livenessProbe)
    readinessProbe = try container.decodeIfPresent(Probe.self, forKey: .readinessProbe)
    startupProbe = try container.decodeIfPresent(Probe.self, forKey: .startupProbe)
    tty = try container.decode(.tty, default: false)
    stdin = try container.decode(.stdin, default: false)
    stdinOnce = try container.decode(.stdinOnce, default: false)
    terminationMessagePath = try container.decode(.terminationMessagePath, default: terminationMessagePath)
    terminationMessagePolicy = try container.decode(.terminationMessagePolicy, default: terminationMessagePolicy)
  }

  /// Writes what is there, under Kubernetes' names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(image, forKey: .image)
    try container.encode(imagePullPolicy, forKey: .imagePullPolicy)
    try container.encodeUnlessEmpty(command, forKey: .command)
    try container.encodeUnlessEmpty(args, forKey: .args)
    try container.encodeIfPresent(workingDir, forKey: .workingDir)
    try container.encodeUnlessEmpty(ports, forKey: .ports)
    try container.encodeUnlessEmpty(env, forKey: .env)
    try container.encodeUnlessEmpty(envFrom, forKey: .envFrom)
    try container.encodeUnlessEmpty(volumeMounts, forKey: .volumeMounts)
    try container.encodeIfPresent(restartPolicy, forKey: .restartPolicy)
    try container.encode(resources, forKey: .resources)
    try container.encode(securityContext, forKey: .securityContext, unless: SecurityContext())
    try container.encodeIfPresent(lifecycle, forKey: .lifecycle)
    try container.encodeIfPresent(livenessProbe, forKey: .livenessProbe)
    try container.encodeIfPresent(readinessProbe, forKey: .readinessProbe)
    try container.encodeIfPresent(startupProbe, forKey: .startupProbe)
    try container.encodeIfTrue(tty, forKey: .tty)
    try container.encodeIfTrue(stdin, forKey: .stdin)
    try container.encodeIfTrue(stdinOnce, forKey: .stdinOnce)
    try container.encode(terminationMessagePath, forKey: .terminationMessagePath)
    try container.encode(terminationMessagePolicy, forKey: .terminationMessagePolicy)
  }
}
