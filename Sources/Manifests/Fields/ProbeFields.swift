/// `v1.Probe` of Kubernetes 1.36, which this version refuses.
enum ProbeFields {
  static let shape = Shape.object("Probe", fields)

  private static let fields: [FieldOutline] = [
    FieldOutline(
      "exec",
      ActionFields.exec.shape,
      "Runs a command in the container; a status other than 0 is a failure."
    ),
    FieldOutline(
      "httpGet",
      ActionFields.httpGet.shape,
      "Sends a GET request; every answer from 200 to 399 is a success."
    ),
    FieldOutline("tcpSocket", ActionFields.tcpSocket.shape, "Opens a connection."),
    FieldOutline("grpc", .object("GRPCAction", grpc), "Asks a server by the gRPC health checking protocol."),
    FieldOutline("initialDelaySeconds", .integer, "Seconds after the container's start before the first attempt."),
    FieldOutline("timeoutSeconds", .integer, "Seconds after which an attempt has failed."),
    FieldOutline("periodSeconds", .integer, "Seconds between attempts."),
    FieldOutline("successThreshold", .integer, "Successes in a row after a failure that make a success."),
    FieldOutline("failureThreshold", .integer, "Failures in a row that make a failure."),
    FieldOutline("terminationGracePeriodSeconds", .integer, "The grace period when this probe ends the container."),
  ]

  private static let grpc: [FieldOutline] = [
    FieldOutline("port", .integer, "The port's number."),
    FieldOutline("service", .string, "The service that is asked about."),
  ]
}
