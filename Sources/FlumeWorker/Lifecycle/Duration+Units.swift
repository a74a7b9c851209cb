extension Duration {
    /// In seconds.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// In milliseconds.
    package var milliseconds: Double { (self / .microseconds(1)).rounded() / 1000 }

    /// In milliseconds, rounded down.
    ///
    /// Not by division: that of durations is one of 128 bits.
    package var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
            + Int(attoseconds / 1_000_000_000_000_000)
    }
}
