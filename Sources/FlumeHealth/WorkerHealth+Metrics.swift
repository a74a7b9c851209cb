import FlumeWorker

extension WorkerHealth {
    /// All metrics of the worker, in Prometheus's text format.
    ///
    /// Nothing of it asks Redis. Sizes of queues are the same for every process; ask them of one, with `FlumeInspector`.
    func prometheusText(_ limits: HealthLimits) -> String {
        var text = PrometheusText()
        addState(limits, to: &text)
        addJobs(to: &text)
        addPipelines(to: &text)
        addRedis(to: &text)
        return text.text
    }

    private func addState(_ limits: HealthLimits, to text: inout PrometheusText) {
        text.family("flume_worker_info", .gauge, "1, with the worker's name in Redis and where it is in its life.")
        text.sample("flume_worker_info", ["identity": identity, "stage": stage.rawValue], 1)
        text.single(
            "flume_worker_live", .gauge, "1 while /live says yes, else 0.",
            problems(for: .live, limits: limits).isEmpty ? 1 : 0)
        text.single(
            "flume_worker_ready", .gauge, "1 while /ready says yes, else 0.",
            problems(for: .ready, limits: limits).isEmpty ? 1 : 0)
        if let startedAt {
            text.single(
                "flume_worker_start_time_seconds", .gauge, "When the worker began to run, in seconds since 1970.",
                startedAt)
        }
        if let started = ProcessStart.secondsSince1970 {
            text.single(
                "process_start_time_seconds", .gauge, "When the process was started, in seconds since 1970.", started)
        }
        text.family("flume_loop_still_seconds", .gauge, "How long ago a loop of the worker last moved.")
        // Two pipelines may have one name, and two samples may not.
        for (name, still) in merged(loops.map { ($0.name, $0.stillFor.seconds) }, by: max) {
            text.sample("flume_loop_still_seconds", ["loop": name], still)
        }
    }

    private func addJobs(to text: inout PrometheusText) {
        let classes = counts.classes.sorted { $0.key < $1.key }
        text.family(
            "flume_jobs_processed_total", .counter,
            "Attempts that came to an end, by class and by ending: done, failed, snoozed, discarded, killed.")
        for (name, counts) in classes {
            for (ending, count) in counts.endings.sorted(by: { $0.key < $1.key }) {
                text.sample("flume_jobs_processed_total", ["class": name, "ending": ending], count)
            }
        }
        let totals: KeyValuePairs<String, (String, Int)> = [
            "flume_jobs_retried_total": ("Failures after which the job is retried.", counts.retried),
            "flume_jobs_died_total": ("Jobs that died.", counts.died),
            "flume_jobs_unreadable_total": ("Things found in queues that were no jobs.", counts.unreadable),
            "flume_jobs_recovered_total": ("Jobs of dead processes put back into their queues.", counts.recovered),
            "flume_leases_lost_total": ("How often this process was taken for dead.", counts.leasesLost),
        ]
        for (name, (help, value)) in totals { text.single(name, .counter, help, Double(value)) }
        let name = "flume_jobs_duration_seconds"
        text.family(name, .histogram, "How long attempts ran, by class.")
        for (jobClass, counts) in classes {
            var sum = 0
            for (bound, count) in zip(DurationHistogram.bounds + [.infinity], counts.durations.counts) {
                sum += count
                text.sample("\(name)_bucket", ["class": jobClass, "le": PrometheusText.number(bound)], sum)
            }
            text.sample("\(name)_sum", ["class": jobClass], counts.durations.sum)
            text.sample("\(name)_count", ["class": jobClass], sum)
        }
    }

    private func addPipelines(to text: inout PrometheusText) {
        let families: KeyValuePairs<String, (String, (Pipeline) -> Double)> = [
            "flume_jobs_busy": (
                "Jobs a pipeline has taken and not finished, with those that wait for their batch.",
                { Double($0.busy) }
            ),
            "flume_jobs_stuck": (
                "Calls of handlers that go on although they were cancelled at their timeout.", { Double($0.stuck) }
            ),
            "flume_pipeline_concurrency": (
                "How many jobs, or batches, of a pipeline run at a time.", { Double($0.concurrency) }
            ),
            "flume_pipeline_open": ("1 while a pipeline may fetch, 0 while it is paused.", { $0.isOpen ? 1 : 0 }),
        ]
        for (name, (help, value)) in families {
            text.family(name, .gauge, help)
            let isFlag = name == "flume_pipeline_open"
            let samples = merged(pipelines.map { ($0.name, value($0)) }) { isFlag ? max($0, $1) : $0 + $1 }
            for (pipeline, value) in samples {
                text.sample(name, ["pipeline": pipeline], value)
            }
        }
    }

    private func addRedis(to text: inout PrometheusText) {
        if let redis {
            text.single(
                "flume_redis_silence_seconds", .gauge, "How long ago Redis last answered.", redis.silence.seconds)
            text.single(
                "flume_redis_reconnects_total", .counter, "How often connections to Redis were made anew.",
                Double(redis.reconnects))
            text.single(
                "flume_clock_skew_seconds", .gauge, "How far the host's clock is ahead of Redis's.",
                redis.clockSkew.seconds)
        }
        guard let lease else { return }
        text.single("flume_lease_held", .gauge, "1 while the lease is held, else 0.", lease.isHeld ? 1 : 0)
        if let age = lease.age {
            text.single("flume_lease_age_seconds", .gauge, "How long ago the lease was renewed.", age.seconds)
        }
    }

    private func merged(
        _ samples: [(String, Double)], by combine: (Double, Double) -> Double
    ) -> [(key: String, value: Double)] {
        Dictionary(samples, uniquingKeysWith: combine).sorted { $0.key < $1.key }
    }
}
