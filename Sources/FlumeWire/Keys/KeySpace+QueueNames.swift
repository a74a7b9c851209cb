/// What a queue can be called.
extension KeySpace {
    /// Who keeps jobs in flight in the list that a queue of this name would have; `nil` for a name that is free.
    ///
    /// Exq's are named `backup::<node>::<queue>`, those of Sidekiq Pro's super_fetch `sq|<identity>|<queue>`.
    package static func owner(ofQueue name: some Collection<UInt8>) -> String? {
        if isExqBackup(queue: name) { return "Exq keeps the jobs that a node has in flight" }
        if name.starts(with: "sq|".utf8) { return "Sidekiq's super_fetch keeps the jobs that a process has in flight" }
        return nil
    }

    /// Whether the Web UI of Sidekiq has a page for a queue of this name: its route takes `[A-Za-z_:.\-0-9]+`.
    package static func isOpenInWebUI(queue name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "."),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
