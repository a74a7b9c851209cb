extension Duration {
    /// In seconds.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// In milliseconds.
    package var milliseconds: Double { (self / .microseconds(1)).rounded() / 1000 }
}
