import PodModel
import RuntimeAPI

/// What is known to be impossible before anything is done for a pod.
enum Admission {
  /// Every reason why this node cannot run the pod, in the order of its fields.
  static func problems(_ pod: Pod, _ limits: LimitPolicy) -> [ConfigurationError] {
    var problems: [ConfigurationError] = []
    if SandboxID(pod.metadata.uid ?? "") == nil {
      problems.append(
        ConfigurationError(
          "metadata.uid",
          "must be lower case letters, digits and hyphens, at most 64, as every UUID is"
        )
      )
    }
    do throws(ConfigurationError) { _ = try Sysctls.resolve(pod.spec) } catch { problems.append(error) }
    if let problem = PodHostname.problem(pod) { problems.append(problem) }
    for container in pod.spec.allContainers {
      let field = pod.spec.field(of: container)
      problems += limitProblems(container, field, limits)
      if container.securityContext.procMount == .unmasked {
        problems.append(
          ConfigurationError(
            "\(field).securityContext.procMount",
            "Unmasked needs a user namespace (hostUsers: false), which this version does not have"
          )
        )
      }
    }
    return problems
  }

  /// Every limit that would have to be dropped, and amounts that nothing can be made of.
  private static func limitProblems(
    _ container: Container,
    _ field: String,
    _ limits: LimitPolicy
  ) -> [ConfigurationError] {
    do throws(ConfigurationError) {
      let forgiving = LimitPolicy(enforceable: limits.enforceable, bestEffort: true)
      let dropped = try ResourceTranslation(container, field: field, forgiving).dropped
      return limits.bestEffort ? [] : dropped
    } catch {
      return [error]
    }
  }
}

/// A pod was refused before anything was done for it.
public struct AdmissionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Each reason with its field.
  public var problems: [ConfigurationError]

  /// One line for each reason.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
