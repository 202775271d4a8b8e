import Glibc

/// How much longer than usual the tests with a number of attempts run: the environment variable `SCALE`.
let scale = max(1, getenv("SCALE").flatMap { Int(String(cString: $0)) } ?? 1)
