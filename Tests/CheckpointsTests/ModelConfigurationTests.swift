import Foundation
import InterchangeCheckpoints
import InterchangeTestSupport
import Testing

@Suite struct ModelConfigurationTests {
  @Test func readsFieldsByType() throws {
    let configuration = try ModelConfiguration(contentsOf: Fixture.url("sharded"))
    #expect(try configuration.value("architectures") == ["LlamaForCausalLM"])
    #expect(try configuration.value("hidden_size") == 576)
    #expect(try configuration.value("rms_norm_eps") == Float(1e-5))
    #expect(try configuration.value("rope_theta") == Double(100_000))
    #expect(try configuration.value("tie_word_embeddings") == true)
    #expect(try configuration.valueIfPresent("sliding_window", as: Int.self) == nil)
    #expect(try configuration.valueIfPresent("absent", as: Int.self) == nil)
    let scaling = try #require(try configuration.sectionIfPresent("rope_scaling"))
    #expect(try scaling.value("factor") == Float(8))
    #expect(try configuration.sectionIfPresent("absent") == nil)
    let same = try ModelConfiguration(contentsOf: Fixture.url("sharded/config.json"))
    #expect(same.fields == configuration.fields)
  }

  @Test func errorsNameFileFieldExpectedAndFound() throws {
    let url = Fixture.url("sharded/config.json")
    let path = url.path()
    let configuration = try ModelConfiguration(contentsOf: url)
    #expect(
      line { _ = try configuration.value("hidden_act", as: Int.self) }
        == "\(path): field \"hidden_act\": expected an integer, found the string \"silu\"")
    #expect(
      line { _ = try configuration.value("rms_norm_eps", as: Int.self) }
        == "\(path): field \"rms_norm_eps\": expected an integer, found 1e-05")
    #expect(
      line { _ = try configuration.value("sliding_window", as: Int.self) }
        == "\(path): field \"sliding_window\": expected a value, found null")
    #expect(
      line { _ = try configuration.value("hiden_size", as: Int.self) }
        == "\(path): expected field \"hiden_size\", found none; near: \"hidden_size\"")
    #expect(
      line {
        _ = try configuration.sectionIfPresent("rope_scaling")?.value("rope_type", as: [Int].self)
      }
        == "\(path): field \"rope_scaling.rope_type\": expected an array, each element an integer, "
        + "found the string \"llama3\"")
    #expect(
      line { _ = try configuration.sectionIfPresent("hidden_size") }
        == "\(path): field \"hidden_size\": expected an object, found 576")
  }

  @Test func refusesWhatIsNoConfiguration() throws {
    let folder = try TemporaryFolder()
    let list = try folder.file("list.json", "[1]".utf8)
    #expect(
      line { _ = try ModelConfiguration(contentsOf: list) }
        == "\(list.path()): configuration: expected a JSON object, found an array of 1")
    for text in ["", "{", "{\"a\": }", "{\"a\": 1} x", String(repeating: "[", count: 100_000)] {
      let url = try folder.file("broken.json", text.utf8)
      let found = line { _ = try ModelConfiguration(contentsOf: url) }
      #expect(
        found?.hasPrefix("\(url.path()): configuration: expected ") == true, "\(found ?? "-")")
      #expect(found?.contains("\n") == false)
    }
    #expect(
      line { _ = try ModelConfiguration(contentsOf: folder.url) }?
        .hasSuffix("config.json: can't be read: No such file or directory") == true)
  }
}
