#if DEBUG || FLUME_LAB

    /// Counts how often each fault point was passed, and knows at which passing the process is to die.
    struct FaultPlan {
        private let fatal: (name: String, ordinal: Int)?
        private var passings: [String: Int] = [:]

        /// Reads `name:ordinal`; without an ordinal it is the first passing.
        ///
        /// A name may have colons of its own: `wait:default/BLMOVE.before:2`.
        init(_ text: String?) {
            guard let text, !text.isEmpty else {
                fatal = nil
                return
            }
            if let colon = text.lastIndex(of: ":"), let ordinal = Int(text[text.index(after: colon)...]) {
                fatal = (String(text[..<colon]), ordinal)
            } else {
                fatal = (text, 1)
            }
        }

        /// Counts a passing.
        ///
        /// - Parameter name: the point that is passed.
        /// - Returns: the how manieth passing of this point it is, and whether it is the last.
        mutating func pass(_ name: String) -> (ordinal: Int, isFatal: Bool) {
            let ordinal = (passings[name] ?? 0) + 1
            passings[name] = ordinal
            guard let fatal else { return (ordinal, false) }
            return (ordinal, fatal.name == name && fatal.ordinal == ordinal)
        }
    }

#endif
