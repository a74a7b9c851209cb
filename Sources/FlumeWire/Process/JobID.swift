/// Makes `jid`s: 24 lowercase hexadecimal digits, as Sidekiq does.
///
/// When reading, any string is an id.
package enum JobID {
    /// A new id.
    package static func make(using generator: inout some RandomNumberGenerator) -> String {
        HexText.make(count: 24, using: &generator)
    }
}
