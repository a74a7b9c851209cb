import FlumeWire
import Foundation
import Testing

/// A moment as ISO 8601, with or without a fraction, in any zone.
func time(_ text: String) throws -> Timestamp {
    let seconds = try Date(
        text,
        strategy: .iso8601.year().month().day().timeZone(separator: .omitted).time(
            includingFractionalSeconds: text.contains("."))
    ).timeIntervalSince1970
    return try #require(Timestamp(seconds: seconds))
}

/// A moment as local clocks show it, with its distance from UTC: `2024-03-31T03:00:00+0200`.
func local(_ time: Timestamp, in zone: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: zone)
    formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ssZZZ"
    return formatter.string(from: Date(timeIntervalSince1970: time.seconds))
}
