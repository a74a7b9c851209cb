package import FlumeWire
import Instrumentation

/// Writes a trace context into a payload, one top-level field for each of its values.
package struct PayloadInjector: Injector {
    package init() {}

    package func inject(_ value: String, forKey key: String, into payload: inout JobPayload) {
        payload.set(key, to: .string(value))
    }
}

/// Reads a trace context out of a payload.
///
/// A value longer than any header may be is no trace context: it is not handed to the tracer, and the job runs without.
package struct PayloadExtractor: Extractor {
    private static let longestValue = 8192

    package init() {}

    package func extract(key: String, from payload: JobPayload) -> String? {
        guard let value = payload[key]?.string, value.utf8.count <= Self.longestValue else { return nil }
        return value
    }
}
