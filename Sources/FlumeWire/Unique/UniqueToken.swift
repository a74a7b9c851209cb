import Crypto
import FoundationEssentials

/// The token of a unique job whose producer gave none.
///
/// It is the SHA-256 in Base64 of a JSON array of queue, class and `args`, written in one way only: no blanks, the members
/// of objects sorted by the bytes of their keys, in strings nothing escaped but what has to be, numbers as they stand in
/// the payload (`1` is not `1.0`). Ruby's `Digest::SHA256.base64digest(JSON.generate([queue, job_class, args]))` is the
/// same for arguments without objects. For a job of ActiveJob class and arguments are those inside its envelope, the rest
/// of which is different each time.
package enum UniqueToken {
    /// The token of a job with these bytes.
    package static func make(for payload: JobPayload) -> String {
        var arguments = payload["args"] ?? .array([])
        var jobClass = payload.jobClass ?? ""
        if JobPayload.activeJobWrappers.contains(jobClass), let inner = arguments.array?.first?["arguments"] {
            jobClass = payload.handlerName ?? jobClass
            arguments = inner
        }
        let whole = JSONValue.array([.string(payload.queue ?? "default"), .string(jobClass), arguments.sorted])
        return String(decoding: Base64.encode(Array(SHA256.hash(data: whole.json))), as: UTF8.self)
    }

}

extension JSONValue {
    /// The same with the members of all objects sorted by the bytes of their keys.
    ///
    /// What Swift writes of a dictionary has another order in each process.
    package var sorted: JSONValue {
        switch self {
        case .array(let elements):
            return .array(elements.map(\.sorted))
        case .object(let object):
            let members = object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .object(JSONObject(members.map { .init(key: $0.key, value: $0.value.sorted) }))
        case .null, .bool, .number, .string:
            return self
        }
    }
}
