/// Makes identities of processes: `host:pid:nonce`.
///
/// When reading, an identity is opaque and never taken apart.
package enum Identity {
    /// The identity of one start of a process.
    ///
    /// `hostname` is `DYNO` if set, else the host's name; the nonce of 12 hexadecimal digits is new at each start.
    package static func make(hostname: String, pid: Int, using generator: inout some RandomNumberGenerator) -> String {
        "\(hostname):\(pid):\(HexText.make(count: 12, using: &generator))"
    }
}
