/// A mail that ActionMailer's `deliver_later` has enqueued: which mailer, which of its methods, and with what.
public struct MailDelivery: Sendable, Hashable {
    /// ActionMailer's job since Rails 6.0, and the two it had before.
    public static let jobClasses = [
        "ActionMailer::MailDeliveryJob", "ActionMailer::DeliveryJob", "ActionMailer::Parameterized::DeliveryJob",
    ]

    /// The class of the mailer, such as `UserMailer`.
    public var mailer: String
    /// Its method, such as `welcome`.
    public var method: String
    /// How the mail is delivered: `deliver_now`, or `deliver_now!` for `deliver_later!`.
    public var deliveryMethod: String
    /// The parameters of `UserMailer.with(…)`, nil without it.
    public var params: ActiveJobHash?
    /// The arguments of the method; keyword arguments are the last.
    public var arguments: [ActiveJobValue]

    /// Describes a mail.
    public init(
        mailer: String, method: String, deliveryMethod: String = "deliver_now", params: ActiveJobHash? = nil,
        arguments: [ActiveJobValue] = []
    ) {
        self.mailer = mailer
        self.method = method
        self.deliveryMethod = deliveryMethod
        self.params = params
        self.arguments = arguments
    }

    /// Reads the mail out of a job of any of ``jobClasses``.
    ///
    /// - Throws: When the arguments are not those of a mail.
    public init(_ envelope: ActiveJobEnvelope, coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) {
        let values = try envelope.arguments(coding: coding).values
        guard values.count >= 3, let mailer = values[0].string, let method = values[1].string,
            let deliveryMethod = values[2].string
        else {
            throw ArgumentsError(
                .typeMismatch,
                "arguments: expected those of ActionMailer (mailer, method, delivery method and more), found "
                    + "\(ActiveJobValue.array(values))")
        }
        self.init(mailer: mailer, method: method, deliveryMethod: deliveryMethod)
        switch envelope.jobClass {
        case "ActionMailer::DeliveryJob":
            arguments = Array(values.dropFirst(3))
        case "ActionMailer::Parameterized::DeliveryJob":
            params = values.dropFirst(3).first?.hash
            arguments = Array(values.dropFirst(4))
        default:
            let keywords = values.dropFirst(3).first?.hash
            params = keywords?["params"]?.hash
            arguments = keywords?["args"]?.array ?? []
            if let named = keywords?["kwargs"]?.hash {
                arguments.append(.hash(ActiveJobHash(named.members, kind: .keywords)))
            }
        }
    }

    /// The arguments of `ActionMailer::MailDeliveryJob`, to enqueue the mail for Ruby to deliver.
    public var jobArguments: [ActiveJobValue] {
        var keywords: [ActiveJobHash.Member] = []
        if let params { keywords.append(.init(key: "params", value: .hash(params), isSymbol: true)) }
        keywords.append(.init(key: "args", value: .array(arguments), isSymbol: true))
        return [
            .string(mailer), .string(method), .string(deliveryMethod), .hash(ActiveJobHash(keywords, kind: .keywords)),
        ]
    }
}
