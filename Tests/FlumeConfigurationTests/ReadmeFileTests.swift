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
        #expect(settings.pipelines.map(\.name) == ["default", "ses"])
        let ses = try #require(settings.makePipelines().last)
        #expect(ses.limits == [.slidingWindow(400, per: .seconds(1), key: "ses"), .concurrency(5)])
        #expect(ses.batchRule?.size == 10)
    }
}
