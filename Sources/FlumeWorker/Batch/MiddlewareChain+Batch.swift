extension ArraySlice<any ServerMiddleware> {
    /// Runs the handler of a batch inside the middleware of every job, and sorts how each ended.
    func call(_ contexts: [JobContext], _ performBatch: Handler.PerformBatch) async -> [Outcome] {
        guard !isEmpty else { return await performBatch(contexts) }
        let gathering = BatchGathering(count: contexts.count)
        return await withTaskGroup(of: (Int, Outcome).self) { group in
            for (position, context) in contexts.enumerated() {
                group.addTask { (position, await surround(context, position, gathering)) }
            }
            let present = await gathering.everybody()
            let answers = present.isEmpty ? [] : await performBatch(present.map(\.context))
            gathering.conclude(
                Dictionary(zip(present.map(\.position), answers), uniquingKeysWith: { first, _ in first }))
            var outcomes = [Outcome](repeating: .done, count: contexts.count)
            for await (position, outcome) in group { outcomes[position] = outcome }
            return outcomes
        }
    }

    private func surround(_ context: JobContext, _ position: Int, _ gathering: BatchGathering) async -> Outcome {
        defer { gathering.leave(position) }
        do {
            try await call(context) { try await gathering.arrive(position, $0).get() }
            return .done
        } catch {
            return Outcome(thrown: error)
        }
    }
}
