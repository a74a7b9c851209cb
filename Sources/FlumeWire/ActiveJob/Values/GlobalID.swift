/// A GlobalID among ActiveJob's arguments: the name of a model's record, `gid://shop/Person/42`.
///
/// Swift cannot load the record; it gets the application, the class and the id.
public struct GlobalID: Sendable, Hashable, CustomStringConvertible {
    /// The URI as it is written.
    public let uri: String
    /// The application.
    public let app: String
    /// The class of the record, such as `Billing::Invoice`.
    public let model: String
    /// The id, unescaped; of a composite key the parts with a slash between them.
    public let id: String

    /// Makes the name of a record.
    ///
    /// - Parameters:
    ///   - app: the Rails application, as `GlobalID.app` says.
    ///   - model: the class of the record.
    ///   - id: its id.
    public init(app: String, model: String, id: some CustomStringConvertible) {
        self.app = app
        self.model = model
        self.id = "\(id)"
        uri = "gid://\(app)/\(model)/\(Self.escape(self.id))"
    }

    /// Reads a URI, or nil if it has not the form `gid://app/Model/id`.
    public init?(_ uri: String) {
        let scheme = "gid://"
        guard uri.hasPrefix(scheme) else { return nil }
        let path = uri.dropFirst(scheme.count).prefix { $0 != "?" && $0 != "#" }
        let parts = path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }), let id = Self.unescape(parts[2]) else { return nil }
        self.uri = uri
        app = String(parts[0])
        model = String(parts[1])
        self.id = id
    }

    /// The URI.
    public var description: String {
        uri
    }

    /// The id as a number or another type with a text form, nil if it is not one.
    public func id<ID: LosslessStringConvertible>(as type: ID.Type) -> ID? {
        ID(id)
    }

    /// Ruby's `CGI.escape`, slashes kept.
    private static func escape(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"), UInt8(ascii: "*"), UInt8(ascii: "/"):
                escaped.append(byte)
            case UInt8(ascii: " "):
                escaped.append(UInt8(ascii: "+"))
            default:
                escaped += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// Ruby's `CGI.unescape`, nil for a broken escape.
    private static func unescape(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default:
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension GlobalID: ActiveJobArgument {
    static var rubyName: String { "a GlobalID" }

    static func read(_ decoder: ActiveJobDecoder) throws -> GlobalID {
        guard case .globalID(let id) = decoder.value else { throw decoder.mismatch(rubyName) }
        return id
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .globalID(self)
    }
}
