/// The keys and serializers that ActiveJob keeps for itself.
enum ActiveJobTags {
    static let globalID = "_aj_globalid"
    static let symbolKeys = "_aj_symbol_keys"
    static let keywords = "_aj_ruby2_keywords"
    static let indifferent = "_aj_hash_with_indifferent_access"
    static let serialized = "_aj_serialized"
    /// Refused as keys of a hash, as Rails refuses them.
    static let reserved: Set<String> = [globalID, symbolKeys, keywords, indifferent, serialized]

    /// The serializers that are part of ActiveJob.
    enum Serializer: String, CaseIterable {
        case symbol = "SymbolSerializer"
        case duration = "DurationSerializer"
        case dateTime = "DateTimeSerializer"
        case date = "DateSerializer"
        case timeWithZone = "TimeWithZoneSerializer"
        case time = "TimeSerializer"
        case module = "ModuleSerializer"
        case range = "RangeSerializer"
        case bigDecimal = "BigDecimalSerializer"

        static let prefix = "ActiveJob::Serializers::"

        init?(name: String) {
            guard name.hasPrefix(Self.prefix) else { return nil }
            self.init(rawValue: String(name.dropFirst(Self.prefix.count)))
        }

        var name: String { Self.prefix + rawValue }

        /// The first Rails that has it.
        var since: RailsVersion {
            switch self {
            case .symbol, .duration, .dateTime, .date, .timeWithZone, .time: .v6_0
            case .module: .v6_1
            case .range: .v7_0
            case .bigDecimal: .v7_1
            }
        }
    }
}
