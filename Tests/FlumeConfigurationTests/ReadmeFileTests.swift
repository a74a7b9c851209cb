import FlumeConfiguration
import FlumeCron
import FlumeRedis
import FlumeWorker
import Foundation
import Testing

@Suite("The files in README.md")
struct ReadmeFileTests {
    private func yaml(beginning first: String) throws -> String {
        let blocks = try readme().components(separatedBy: "```yaml\n").dropFirst()
        let block = try #require(blocks.first { $0.hasPrefix(first) })
        return try #require(block.components(separatedBy: "```").first)
    }

    @Test("the schedule is right as it stands there")
    func schedule() throws {
        let schedule = try CronSchedule(yaml: yaml(beginning: "nightly report:"))
        #expect(schedule.entries.map(\.name) == ["nightly report"])
    }

    @Test("the configuration is right as it stands there, and makes the pipelines it names")
    func configuration() throws {
        let yaml = try yaml(beginning: "namespace: s")
        var settings = FlumeSettings()
        try settings.read(yaml: yaml, variables: ["REDIS_URL": "redis://elsewhere:6380/2"])
        #expect(settings.redis.address == .tcp(host: "elsewhere", port: 6380))
        #expect(settings.pipelines.map(\.name) == ["default", "ses", "maps"])
        let pipelines = try settings.makePipelines()
        let ses = try #require(pipelines.first { $0.name == "ses" })
        #expect(ses.limits == [.slidingWindow(400, per: .seconds(1), key: "ses"), .concurrency(5)])
        #expect(ses.batchRule?.size == 10)
        let maps = try #require(pipelines.last)
        #expect(
            maps.limits == [
                .tokenBucket(rate: 50, per: .seconds(1), burst: 100, key: "maps-api"),
                .local(.leakyBucket(5, per: .seconds(1), key: "disk")),
            ])
        let tenant = try #require(ArgumentPath("args[0].tenant"))
        #expect(settings.pipelines.last?.limits.last == .init(.concurrency(2, key: "tenant"), by: tenant))
        #expect(settings.pipelines[1].batch?.by == tenant)
        #expect(
            settings.pipelines.last?.backOff == .exponential(initial: .seconds(1), maximum: nil, jitter: .none))
        for pipeline in pipelines { try pipeline.validate() }
    }
}
