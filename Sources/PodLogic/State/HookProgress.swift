/// How far a hook of an attempt is.
public enum HookProgress: Hashable, Sendable {
  /// Not begun, or there is none.
  case idle
  /// The engine was asked to run it.
  case underWay
  /// It ended, well or badly.
  case done
  /// It ended badly, and that matters: a `postStart` hook.
  case failed(String, at: Instant)
}
