/// A command that works with a node's directories. Before it runs, what dead owners left there is removed.
public protocol NodeCommand {
  /// Where things are.
  var global: GlobalOptions { get }
}
