/// A key of Redis holds something of another type than Flume keeps there.
package struct WrongTypeError: Error, Sendable, Hashable, CustomStringConvertible {
    package let key: String

    package var description: String {
        "the key \(key) holds something else than the jobs that wait for a limit: move it away, or delete it"
    }
}
