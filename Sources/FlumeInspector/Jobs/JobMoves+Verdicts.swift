import FlumeStore

extension JobMoves {
    /// Notes what became of a job.
    mutating func note(_ verdict: RelocationVerdict, of job: JobRecord) {
        switch verdict {
        case .moved: moved += 1
        case .gone: gone += 1
        case .refused(let reason): refused.append(Refusal(job: job, reason: reason))
        }
    }
}
