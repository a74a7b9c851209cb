import FlumeConfiguration
import FlumeRedis
import FlumeWorker
import Foundation
import Testing

@Suite("The configuration file in README.md")
struct ReadmeFileTests {
    @Test("is right as it stands there, and makes the pipelines it names")
    func file() throws {
        let blocks = try readme().components(separatedBy: "```yaml\n").dropFirst()
        try #require(blocks.count == 1)
        let yaml = try #require(blocks.first?.components(separatedBy: "```").first)
        var settings = FlumeSettings()
        try settings.read(yaml: yaml, variables: ["REDIS_URL": "redis://elsewhere:6380/2"])
        #expect(settings.redis.address == .tcp(host: "elsewhere", port: 6380))
        #expect(settings.pipelines.map(\.name) == ["default", "ses"])
        let ses = try #require(settings.makePipelines().last)
        #expect(ses.limits == [.slidingWindow(400, per: .seconds(1), key: "ses"), .concurrency(5)])
        #expect(ses.batchRule?.size == 10)
    }
}
