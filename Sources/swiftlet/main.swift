import Commands
import NodeAgent

await runCommandLine(Swiftlet.self, prepare: removeAbandonedPods)
