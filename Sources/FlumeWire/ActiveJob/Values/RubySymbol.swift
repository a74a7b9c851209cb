/// A Ruby Symbol among ActiveJob's arguments: `:pending`.
public struct RubySymbol: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The name, without the colon.
    public let name: String

    /// Makes a symbol of its name.
    public init(_ name: String) {
        self.name = name
    }

    /// Makes a symbol of a literal, without the colon.
    public init(stringLiteral name: String) {
        self.name = name
    }

    /// The symbol as Ruby writes it.
    public var description: String {
        ":\(name)"
    }
}

extension RubySymbol: ActiveJobArgument {
    static var rubyName: String { "a Symbol" }

    static func read(_ decoder: ActiveJobDecoder) throws -> RubySymbol {
        guard case .symbol(let symbol) = decoder.value else { throw decoder.mismatch(rubyName) }
        return symbol
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .symbol(self)
    }
}
