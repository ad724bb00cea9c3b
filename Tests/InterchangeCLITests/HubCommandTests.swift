import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// Models by name: fetched from a hub on this machine, listed, and read by other commands.
@Suite struct HubCommandTests {
  private static let commit = String(repeating: "c0de", count: 10)
  private static let token = "hf_verySecretToken123"
  private let server: HubServer
  private let folder: TemporaryFolder
  private var hub: URL { folder.url.appending(component: "hub") }
  private var snapshot: URL {
    hub.appending(path: "models--org--tiny/snapshots/\(Self.commit)")
  }

  init() throws {
    let model = Program.fixtures.appending(component: "llama-gqa")
    let files = try ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
      .map { ($0, try Data(contentsOf: model.appending(component: $0))) }
    let gguf = try Data(contentsOf: URL(filePath: Program.tiny))
    server = try HubServer([
      HubServer.Repository(
        "org/tiny", commit: Self.commit,
        files: Dictionary(uniqueKeysWithValues: files + [("README.md", Data("a".utf8))]),
        large: ["model.safetensors"]),
      HubServer.Repository(
        "org/small-GGUF", commit: String(repeating: "a", count: 40),
        files: ["small-F16.gguf": gguf, "small-Q4_0.gguf": gguf], large: ["small-F16.gguf"]),
    ])
    folder = try TemporaryFolder()
  }

  private var environment: [String: String] {
    [
      "HF_HOME": folder.url.path, "HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "",
      "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "", "HF_ENDPOINT": server.address(),
      "HF_TOKEN": Self.token, "no_proxy": "127.0.0.1",
    ]
  }

  /// Runs a command; its output never has the token.
  private func run(_ arguments: String...) throws -> Program.Result {
    let result = try Program.run(arguments, environment: environment)
    #expect(!(result.output + result.errors).contains(Self.token))
    return result
  }

  @Test func fetchListAndRead() throws {
    #expect(try run("models").output == "no models in \(hub.path)\n")
    let fetched = try run("fetch", "org/tiny")
    #expect(fetched.status == 0 && fetched.output == "\(snapshot.path)\n")
    #expect(fetched.errors.hasSuffix("fetched 4 of 4 files, 34 kB\n"))
    let again = try run("fetch", "org/tiny", "--json")
    #expect(again.errors == "nothing to fetch: all 4 files are there\n")
    let json = try again.json()
    #expect(json["name"] as? String == "org/tiny" && json["revision"] as? String == "main")
    #expect(json["commit"] as? String == Self.commit)
    #expect(json["folder"] as? String == snapshot.path)
    #expect((json["files"] as? [Any])?.count == 4)

    // The same as by its path.
    let path = Program.fixtures.appending(component: "llama-gqa").path
    let byName = try run("predict", "org/tiny", "--text", "abc")
    #expect(byName.status == 0)
    #expect(byName.output == (try run("predict", path, "--text", "abc").output))
    #expect(byName.output == (try run("predict", "org/tiny@c0dec0d", "--text", "abc").output))
    let inspected = try run("inspect", "org/tiny", "--json").json()
    #expect(inspected["name"] as? String == "org/tiny")
    #expect(inspected["commit"] as? String == Self.commit)
    #expect(inspected["path"] as? String == snapshot.path)
  }

  @Test func theRecordKeepsNameAndCommit() throws {
    _ = try run("fetch", "org/tiny")
    let out = folder.url.appending(component: "out")
    let result = try run(
      "attention", "org/tiny@main", "--text", "abc", "--layers", "0", "--out", out.path)
    #expect(result.status == 0)
    let record = try RunRecord(folder: out)
    let path = Program.fixtures.appending(component: "llama-gqa").path
    #expect(record.model?.path == "org/tiny" && record.model?.revision == "main")
    #expect(record.model?.commit == Self.commit)
    #expect(record.model?.identity == (try LanguageModel(path).identity()))
    for file in try FileManager.default.subpathsOfDirectory(atPath: out.path) {
      let data = try Data(contentsOf: out.appending(path: file))
      #expect(data.range(of: Data(Self.token.utf8)) == nil)
      #expect(data.range(of: Data(folder.url.path.utf8)) == nil || file == "run.json")
    }
  }

  @Test func aGGUFFileByItsQuantization() throws {
    let several = try run("fetch", "org/small-GGUF")
    #expect(several.status == 65)
    #expect(
      several.errors
        == "interchange: org/small-GGUF: several models; choose one by org/small-GGUF:FILE: "
        + "small-F16.gguf, small-Q4_0.gguf\n")
    #expect(try run("fetch", "org/small-GGUF:f16").status == 0)
    let byName = try run("predict", "org/small-GGUF:F16", "--text", "abc")
    #expect(byName.output == (try run("predict", Program.tiny, "--text", "abc").output))
    #expect(try run("predict", "org/small-GGUF", "--text", "abc").output == byName.output)
  }

  @Test func whatIsInTheCache() throws {
    _ = try run("fetch", "org/tiny")
    _ = try run("fetch", "org/small-GGUF:F16")
    // One whose architecture nobody knows, and one whose fetch was cut.
    let odd = hub.appending(path: "models--odd/snapshots/\(Self.commit)")
    try FileManager.default.createDirectory(at: odd, withIntermediateDirectories: true)
    try Data("{\"architectures\": [\"QwertForCausalLM\"]}".utf8).write(
      to: odd.appending(component: "config.json"))
    let cut = hub.appending(path: "models--org--cut/blobs")
    try FileManager.default.createDirectory(at: cut, withIntermediateDirectories: true)
    try Data(count: 2_500_000).write(to: cut.appending(component: "0.incomplete"))

    let result = try run("models")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n").map {
      $0.split(separator: /\ {2,}/).map(String.init)
    }
    #expect(
      lines[0] == ["model", "revision", "commit", "size", "architecture", "can be read"])
    #expect(Array(lines[1].prefix(5)) == ["odd", "-", "c0dec0de", "39 B", "QwertForCausalLM"])
    #expect(
      lines[1].last?.hasPrefix("no: config.json: unknown architecture 'QwertForCausalLM'") == true)
    #expect(
      lines[2] == [
        "org/cut", "-", "-", "2.5 MB", "-",
        "no: its fetch wasn't ended; `interchange fetch org/cut` goes on",
      ])
    #expect(
      lines[3].prefix(3) == ["org/small-GGUF:small-F16.gguf", "main", "aaaaaaaa"]
        && lines[3].suffix(2) == ["llama", "yes"])
    #expect(
      lines[4] == ["org/tiny", "main", "c0dec0de", "34 kB", "llama", "yes"])
    let json = try run("models", "--json").json()
    #expect(json["cache"] as? String == hub.path)
    let models = try #require(json["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == lines.dropFirst().map { $0[0] })
    #expect(models[3]["bytes"] as? Int == 33_671)
    #expect(models[3]["path"] as? String == snapshot.path && models[3]["refusal"] == nil)
  }

  @Test func missingNames() throws {
    _ = try run("fetch", "org/tiny")
    let missing = try run("predict", "tiny", "--text", "a")
    #expect(missing.status == 65 && missing.output.isEmpty)
    #expect(
      missing.errors
        == "interchange: tiny: no such file or folder, and no model of this name in \(hub.path); "
        + "near: org/tiny; `interchange fetch tiny` downloads it\n")
    let revision = try run("predict", "org/tiny@v9", "--text", "a")
    #expect(
      revision.errors
        == "interchange: org/tiny: no revision \"v9\" in \(hub.path); there are main, \(Self.commit)\n"
    )
    let unknown = try run("fetch", "org/nothing")
    #expect(unknown.status == 65 && unknown.errors.contains("HF_TOKEN may be wrong or too old"))
    let name = try run("fetch", "../x")
    #expect(name.status == 65)
    #expect(
      name.errors
        == "interchange: \"../x\": expected a model's name: NAME, ORG/NAME, with @REVISION or :FILE "
        + "after it\n")
  }

  @Test func wrongBytes() throws {
    server.change { request, answer in
      var answer = answer
      if request.path.hasSuffix(".safetensors") { answer.body[9] ^= 1 }
      return answer
    }
    let result = try run("fetch", "org/tiny")
    #expect(result.status == 1 && result.output.isEmpty)
    #expect(result.errors.contains("interchange: org/tiny: model.safetensors: expected the hash "))
    #expect(result.errors.hasSuffix("; it was thrown away: fetch it again\n"))
    #expect(try run("predict", "org/tiny", "--text", "abc").status == 65)
  }

  /// INT leaves what was fetched, and the next fetch goes on there.
  @Test func interrupted() throws {
    server.change { request, answer in
      var answer = answer
      // The first half, and then nothing for a long time.
      if request.path.hasSuffix(".safetensors"), request.start == nil {
        (answer.cut, answer.stall) = (15_000, 60)
      }
      return answer
    }
    let process = try Program.start(["fetch", "org/tiny"], environment: environment)
    let blobs = hub.appending(path: "models--org--tiny/blobs")
    func unfinished() -> Int { HubCache(hub).unfinishedBytes(of: "org/tiny") }
    let end = Date().addingTimeInterval(30)
    while unfinished() < 15_000, Date() < end { Thread.sleep(forTimeInterval: 0.01) }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(unfinished() == 15_000)
    #expect(try run("predict", "org/tiny", "--text", "abc").status == 65)
    let result = try run("fetch", "org/tiny")
    #expect(result.status == 0)
    #expect(result.errors.contains("model.safetensors: goes on after 15 kB\n"))
    #expect(server.requests.contains { $0.start == 15_000 })
    let names = try FileManager.default.contentsOfDirectory(atPath: blobs.path)
    #expect(names.count == 4 && unfinished() == 0)
  }
}
