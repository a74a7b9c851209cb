/// A name as Redis and Ruby compare it: byte by byte.
///
/// To Swift two texts are the same when they look the same: `é` as one scalar and as two. Under either of them Redis has a
/// queue, and Ruby's Hash a key, of its own.
package struct ExactName: Sendable, Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: Self, right: Self) -> Bool { left.text.isExactly(right.text) }
}

extension String {
    /// Whether both have the same bytes.
    package func isExactly(_ other: String) -> Bool {
        // This comparison is the fastest there is, and leaves few to look at again; those must not take long either.
        guard self == other, utf8.count == other.utf8.count else { return false }
        let areEqual = unsafe utf8.withContiguousStorageIfAvailable { left in
            unsafe other.utf8.withContiguousStorageIfAvailable { right in unsafe left.elementsEqual(right) }
        }
        return (areEqual ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
