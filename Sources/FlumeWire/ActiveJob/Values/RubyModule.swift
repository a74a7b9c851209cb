/// A Ruby class or module among ActiveJob's arguments, by its name: `Billing::Invoice`.
public struct RubyModule: Sendable, Hashable, CustomStringConvertible {
    /// The constant's path.
    public let name: String

    /// Names a class or module.
    public init(_ name: String) {
        self.name = name
    }

    /// The constant's path.
    public var description: String {
        name
    }
}

extension RubyModule: ActiveJobArgument {
    static var rubyName: String { "a Module" }

    static func read(_ decoder: ActiveJobDecoder) throws -> RubyModule {
        guard case .module(let module) = decoder.value else { throw decoder.mismatch(rubyName) }
        return module
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .module(self)
    }
}
