extension Duration {
    /// In seconds.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// In milliseconds.
    package var milliseconds: Double { (self / .microseconds(1)).rounded() / 1000 }

    /// In milliseconds, rounded down; what is too long is the longest there is.
    ///
    /// Not by division: that of durations is one of 128 bits.
    package var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (whole, isFar) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isFarther) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return isFar || isFarther ? (seconds < 0 ? .min : .max) : Int(sum)
    }
}
