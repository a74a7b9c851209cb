/// Stands in for the real one, which needs swift-crypto; scripts/fuzz says so.
package enum UniqueToken {
    package static func make(for payload: JobPayload) -> String { payload.jobClass ?? "" }
}
