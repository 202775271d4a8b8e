import PodModel

/// What only several fields of one container can violate.
enum ContainerChecks {
  @Sendable
  static func finish(_ container: inout Container, _ places: ObjectPlaces, _ reading: Reading) {
    if places["imagePullPolicy"] == nil {
      container.imagePullPolicy = Defaults.imagePullPolicy(forImage: container.image)
    }
    checkVariables(places, reading)
    checkMountPaths(places, reading)
    reading.settle(.port, among: places["ports"].namesWithin, hint: "name one under ports, or write its number")
  }

  private static func checkVariables(_ places: ObjectPlaces, _ reading: Reading) {
    var names: Set<String> = []
    for variable in places["env"]?.children ?? [] {
      guard let name = variable.child("name"), let text = name.text else { continue }
      if !names.insert(text).inserted {
        reading.warning(name, "\(text.quoted): set twice", hint: "the last one counts")
      }
    }
  }

  private static func checkMountPaths(_ places: ObjectPlaces, _ reading: Reading) {
    var lines: [[Substring]: Int] = [:]
    for mount in places["volumeMounts"]?.children ?? [] {
      guard let place = mount.child("mountPath"), let text = place.text, text.hasPrefix("/") else { continue }
      let components = text.split(separator: "/").filter { $0 != "." }
      if let line = lines.updateValue(place.line, forKey: components) {
        reading.error(place, "\(text.quoted): duplicate mount path", hint: "it is already at line \(line)")
      }
    }
  }
}
