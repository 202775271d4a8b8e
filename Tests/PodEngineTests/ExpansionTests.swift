import PodModel
import Testing

@testable import PodEngine

@Suite("References expand as in Kubernetes")
struct ExpansionTests {
  @Test(
    "Table",
    arguments: [
      ("$(A)", "1"), ("x$(A)y", "x1y"), ("$(A)$(B)", "12"), ("$$(A)", "$(A)"), ("$$$(A)", "$1"), ("$$$$(A)", "$$(A)"),
      ("$(NONE)", "$(NONE)"), ("$(A", "$(A"), ("$A", "$A"), ("$", "$"), ("$$", "$"), ("a$", "a$"), ("", ""),
      ("$()", "$()"), ("$x$(A)", "$x1"), ("$($(A))", "$($(A))"), ("ü$(A)ü", "ü1ü"), ("$(EMPTY)", ""),
    ]
  )
  func table(text: String, expected: String) {
    #expect(Expansion.expand(text, ["A": "1", "B": "2", "EMPTY": ""]) == expected)
  }

  @Test("A variable sees those before it, and the last of equal names counts")
  func variables() throws {
    let variables = try ResolvedEnvironment([
      EnvironmentVariable(name: "B", value: "$(A)"), EnvironmentVariable(name: "A", value: "1"),
      EnvironmentVariable(name: "C", value: "$(A)$(B)"), EnvironmentVariable(name: "A", value: "2"),
    ])
    #expect(variables.byName == ["A": "2", "B": "$(A)", "C": "1$(A)"])
  }

  @Test("The node's variables, the image's over them, the pod's over both")
  func layers() throws {
    let environment = Environment(
      hostname: "h",
      image: ["PATH=/bin", "X=image", "Y=image", "NOVALUE"],
      pod: try ResolvedEnvironment([EnvironmentVariable(name: "X", value: "pod=1")]),
      tty: true,
      home: "/home/me"
    )
    #expect(
      environment.entries == [
        "TERM=xterm", "HOSTNAME=h", "PATH=/bin", "X=pod=1", "Y=image", "NOVALUE=", "HOME=/home/me",
      ]
    )
  }

  @Test(
    "Signals by name and number",
    arguments: [
      ("SIGTERM", 15), ("term", 15), ("15", 15), ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("rtmin", 34), ("SIGUSR1", 10),
      ("65", nil), ("0", nil), ("-1", nil), ("SIGNOPE", nil), ("", nil), ("RTMIN+31", nil), ("SIGSIGTERM", nil),
    ] as [(String, Int32?)]
  )
  func signals(text: String, number: Int32?) {
    #expect(SignalName.number(text) == number)
  }
}
