import Foundation
import InterchangeHub
import InterchangeTestSupport
import Testing

/// Files come into the cache in huggingface_hub's layout, whole and checked.
@Suite struct FetchTests {
  @Test func aModelInTheCache() throws {
    let bench = try Bench()
    let fetched = try bench.fetch()
    #expect(fetched.commit == Bench.commit && fetched.revision == "main")
    #expect(fetched.url.path == bench.snapshot.path)
    #expect(fetched.files.map(\.path).sorted() == Bench.needed)
    #expect(fetched.files.allSatisfy { $0.isNew })
    // The links are relative and lead to the contents, which have the hub's hashes as names.
    #expect(try bench.paths("snapshots") == Bench.needed.map { "\(Bench.commit)/\($0)" })
    let repository = HubServer.Repository(
      "org/tiny", commit: Bench.commit, files: Bench.files, large: ["model.safetensors"])
    for path in Bench.needed {
      let file = bench.snapshot.appending(path: path)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: file.path)
          == "../../blobs/" + repository.hash(of: path))
      #expect(try Data(contentsOf: file) == Bench.files[path])
    }
    #expect(try bench.paths("blobs") == Bench.needed.map { repository.hash(of: $0) }.sorted())
    #expect(
      try String(contentsOf: bench.repository.appending(path: "refs/main"), encoding: .utf8)
        == Bench.commit)
    let mark = bench.cache.appending(component: "CACHEDIR.TAG")
    #expect(
      try String(contentsOf: mark, encoding: .utf8).hasPrefix(
        "Signature: 8a477f597d28d172789f06886806bc55\n"))
    let model = try bench.model("org/tiny")
    #expect(model.url.path == bench.snapshot.path && model.commit == Bench.commit)
    #expect(model.name == "org/tiny" && model.revision == "main" && model.file == nil)
  }

  @Test func aSecondTimeNothingIsFetched() throws {
    let bench = try Bench()
    try bench.fetch()
    let before = bench.server.requests.count
    let again = try bench.fetch()
    #expect(again.files.count == 4 && !again.files.contains { $0.isNew })
    // One request, for the list.
    #expect(bench.server.requests.count == before + 1)
  }

  /// Lengths around those of a hash's blocks, of both hashes.
  @Test func hashesOfAllLengths() throws {
    let lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000]
    var files: [String: Data] = [:]
    for length in lengths {
      files["large/\(length)"] = Bench.bytes(length)
      files["small/\(length)"] = Bench.bytes(length)
    }
    let bench = try Bench(files, large: Set(lengths.map { "large/\($0)" }))
    #expect(try bench.fetch("org/tiny", ["*"]).files.count == 2 * lengths.count)
  }

  @Test func revisions() throws {
    let bench = try Bench()
    var old = HubServer.Repository(
      "org/tiny", commit: String(repeating: "a", count: 40),
      files: ["config.json": Data("{}".utf8), "model.safetensors": Bench.bytes(8)])
    old.branches = ["v1.0", "refs/pr/1"]
    let new = HubServer.Repository("org/tiny", commit: Bench.commit, files: Bench.files)
    bench.server.replace([new])
    try bench.fetch()
    bench.server.replace([old])
    #expect(try bench.fetch("org/tiny@v1.0").commit == old.commit)
    try bench.fetch("org/tiny@refs/pr/1")
    #expect(try bench.paths("refs") == ["main", "refs/pr/1", "v1.0"])
    #expect(try bench.model("org/tiny@v1.0").commit == old.commit)
    #expect(try bench.model("org/tiny@refs/pr/1").url.lastPathComponent == old.commit)
    #expect(try bench.model("org/tiny@aaaaaaa").commit == old.commit)
    #expect(try bench.model("org/tiny").commit == Bench.commit)
    #expect(
      message { try bench.model("org/tiny@aaaaaa") }
        == "badInput: org/tiny: no revision \"aaaaaa\" in \(bench.cache.path); there are main, "
        + "\(Bench.commit), refs/pr/1, v1.0, \(old.commit)")
    // A commit by all of its digits needs no name.
    try bench.fetch("org/tiny@\(old.commit)")
    #expect(try bench.paths("refs").count == 3)
    #expect(
      bench.fault("org/tiny@v2")
        == "badInput: org/tiny: no revision \"v2\" in 127.0.0.1")
  }

  @Test func shardsOfAnIndex() throws {
    var files = Bench.files
    files["model.safetensors"] = nil
    let map = ["a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"]
    files["model.safetensors.index.json"] = try JSONSerialization.data(
      withJSONObject: ["weight_map": map])
    for name in map.values { files[name] = Bench.bytes(300) }
    files["consolidated.safetensors"] = Bench.bytes(600)
    let bench = try Bench(files, large: [])
    let expected = Bench.needed.filter { $0 != "model.safetensors" } + map.values
    #expect(
      try Set(bench.fetch().files.map(\.path))
        == Set(expected + ["model.safetensors.index.json"]))
    // A shard that the repository lacks.
    files["model-00002-of-00002.safetensors"] = nil
    let other = try Bench(files, large: [])
    #expect(
      other.fault() == "badInput: org/tiny: no file \"model-00002-of-00002.safetensors\"")
    #expect(message { try other.model("org/tiny") }.hasPrefix("badInput: org/tiny: no such file"))
  }

  /// All files that a tokenizer may be in, and those of no other folder.
  @Test func tokenizers() throws {
    let names = [
      "added_tokens.json", "chat_template.jinja", "chat_template.json", "merges.txt",
      "qwen.tiktoken", "sentencepiece.bpe.model", "special_tokens_map.json", "spiece.model",
      "tekken.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt",
    ]
    var files = Bench.files
    for name in names + ["other/tokenizer.model", "training_args.bin", "notes.txt"] {
      files[name] = Bench.bytes(name.count)
    }
    let bench = try Bench(files)
    #expect(try Set(bench.fetch().files.map(\.path)) == Set(Bench.needed + names))
  }

  @Test func withoutSafetensors() throws {
    var files = Bench.files
    files["model.safetensors"] = nil
    let bench = try Bench(files, large: [])
    #expect(try bench.fetch().files.contains { $0.path == "pytorch_model.bin" })
    files["pytorch_model.bin"] = nil
    let none = try Bench(files, large: [])
    #expect(
      none.fault().hasPrefix(
        "badInput: org/tiny: expected safetensors, pytorch_model.bin or GGUF files, found none "
          + "among .gitattributes, README.md,"))
    #expect(try none.fetch("org/tiny", ["*.json", "README*"]).files.count == 4)
    #expect(
      none.fault("org/tiny", ["*.txt"]).hasPrefix(
        "badInput: org/tiny: no file \"*.txt\"; there are"))
  }

  @Test func oneOfSeveralGGUFFiles() throws {
    let names = [
      "tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf", "mmproj-tiny-f16.gguf",
      "big/tiny-F16-00001-of-00002.gguf",
      "big/tiny-F16-00002-of-00002.gguf",
    ]
    var files = Dictionary(uniqueKeysWithValues: names.map { ($0, Bench.bytes($0.count)) })
    files["config.json"] = Data("{}".utf8)
    let bench = try Bench(files, large: [])
    #expect(
      bench.fault()
        == "badInput: org/tiny: several models; choose one by org/tiny:FILE: "
        + "big/tiny-F16-00001-of-00002.gguf, tiny-Q4_K_M.gguf, tiny-Q8_0.gguf")
    #expect(try bench.fetch("org/tiny:q4_k_m").files.map(\.path) == ["tiny-Q4_K_M.gguf"])
    // The only one that is there.
    #expect(try bench.model("org/tiny").file == "tiny-Q4_K_M.gguf")
    #expect(try bench.fetch("org/tiny:F16").files.map(\.path) == [names[3], names[4]])
    #expect(try bench.fetch("org/tiny:tiny-Q8_0.gguf").files.count == 1)
    let split = try bench.model("org/tiny@main:F16")
    #expect(split.url.path == bench.snapshot.appending(path: names[3]).path)
    #expect(split.name == "org/tiny:big/tiny-F16-00001-of-00002.gguf")
    #expect(
      message { try bench.model("org/tiny:Q4") }
        == "badInput: org/tiny: no file \"Q4\"; there are big/tiny-F16-00001-of-00002.gguf, "
        + "tiny-Q4_K_M.gguf, tiny-Q8_0.gguf")
    #expect(
      bench.fault("org/tiny:Q2_K").hasPrefix("badInput: org/tiny: no file \"Q2_K\"; there are"))
  }

  /// Both fetch at once, into one cache; each file is fetched once.
  @Test func twoAtOnce() async throws {
    let bench = try Bench()
    bench.server.change { _, answer in
      var answer = answer
      answer.delay = 0.05
      return answer
    }
    try await withThrowingTaskGroup(of: FetchedFiles.self) { group in
      for _ in 0..<2 {
        group.addTask {
          try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread { done.resume(with: Result { try bench.fetch() }) }
          }
        }
      }
      var new = 0
      for try await fetched in group { new += fetched.files.count(where: \.isNew) }
      #expect(new == 4)
    }
    #expect(bench.server.requests.count { $0.path.contains("/resolve/") } == 4)
    #expect(bench.notes.contains { $0.hasSuffix("another program is fetching it; waiting") })
    #expect(try bench.paths("blobs").count == 4)
  }
}
