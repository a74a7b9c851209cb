/// How many of the stored jobs a worker could decode, and which it could not.
public struct CheckReport: Sendable, Hashable, Encodable {
    /// A queue or one of the sorted sets.
    public struct Place: Sendable, Hashable, Encodable {
        /// `queue:mailers`, `retry`, `schedule` or `dead`.
        public var name: String
        /// How many jobs were there.
        public var size: Int
        /// How many of them were read, the oldest first.
        public var read: Int
        /// Why they could not be read.
        public var problem: String?
    }

    /// The stored jobs of one class.
    public struct JobClass: Sendable, Hashable, Encodable {
        /// The name a handler is found by.
        public var name: String
        /// Whether there is a handler, or something said what its arguments are to be.
        public var isKnown: Bool
        /// How many were read.
        public var read: Int
        /// How many of those decode.
        public var decoded: Int
        /// Those that do not, by shape and place of the fault; of an unknown class all, by shape.
        public var mismatches: [Mismatch]
        /// How many more do not, of further shapes.
        public var unlisted: Int

        /// Whether some of a known class do not decode.
        public var isFailure: Bool { isKnown && decoded < read }
    }

    /// Jobs of one class that do not decode, and look alike.
    public struct Mismatch: Sendable, Hashable, Encodable {
        /// The arguments as Ruby sees them, such as `[Integer, Hash{"a" => Integer}]`.
        public var arguments: String
        /// What the first of them would fail with.
        public var reason: String
        /// How many there are.
        public var count: Int
        /// Where the first was found.
        public var place: String
        /// The id of the first.
        public var jid: String?
    }

    /// What is no job at all.
    public struct Unreadable: Sendable, Hashable, Encodable {
        /// Where it was found.
        public var place: String
        /// Why it is none.
        public var reason: String
        /// How many there are of this kind.
        public var count: Int
    }

    /// What was read.
    public var places: [Place] = []
    /// The classes found, sorted: those with a handler first.
    public var classes: [JobClass] = []
    /// What is no job.
    public var unreadable: [Unreadable] = []
    /// How many jobs had a class that there was no more room for.
    public var unlistedClasses = 0

    /// Whether a worker with these handlers could run everything that was read.
    ///
    /// Classes without a handler do not count: they may be Ruby's. Nor does what is no job in `dead`, where it belongs.
    public var isClean: Bool {
        !classes.contains(where: \.isFailure) && !unreadable.contains { $0.place != "dead" }
            && !places.contains { $0.problem != nil }
    }

    /// Whether all classes that were read are known as well.
    public var isStrictlyClean: Bool {
        isClean && unlistedClasses == 0 && classes.allSatisfy(\.isKnown)
    }
}
