/// A job and where it goes.
package struct Settlement: Sendable {
    package let delivery: Delivery
    package let destination: Destination

    package init(_ delivery: Delivery, to destination: Destination) {
        self.delivery = delivery
        self.destination = destination
    }
}
