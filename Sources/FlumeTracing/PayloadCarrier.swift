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
package struct PayloadExtractor: Extractor {
    package init() {}

    package func extract(key: String, from payload: JobPayload) -> String? {
        payload[key]?.string
    }
}
