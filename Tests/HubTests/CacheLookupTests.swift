import Foundation
import InterchangeHub
import InterchangeTestSupport
import Testing

/// Models are found in a cache that others wrote.
@Suite struct CacheLookupTests {
  private let folder: TemporaryFolder
  private var cache: HubCache { HubCache(folder.url) }

  init() throws { folder = try TemporaryFolder() }

  private func add(
    _ repository: String, _ commit: String, _ references: [String], _ files: [String]
  ) throws {
    let url = folder.url.appending(component: repository)
    for file in files {
      try write("", url.appending(path: "snapshots/\(commit)/\(file)"))
    }
    for reference in references { try write(commit, url.appending(path: "refs/\(reference)")) }
  }

  private func write(_ text: String, _ file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func model(_ name: String) throws -> CachedModel {
    try cache.model(#require(HubName(name)))
  }

  @Test func nothingThere() throws {
    #expect(cache.repositories.isEmpty)
    #expect(HubCache(URL(filePath: "/nowhere")).repositories.isEmpty)
  }

  @Test func nearNames() throws {
    let commit = String(repeating: "a", count: 40)
    try add(
      "models--openai-community--gpt2", commit, ["main"], ["config.json", "model.safetensors"])
    try add("models--gpt2-medium", commit, ["main"], ["config.json", "pytorch_model.bin"])
    try add("datasets--org--gpt2", commit, ["main"], ["data.json"])
    try write("", folder.url.appending(path: "models--broken/refs/main"))
    #expect(cache.repositories == ["broken", "gpt2-medium", "openai-community/gpt2"])
    #expect(
      message { try model("gpt2") }
        == "badInput: gpt2: no such file or folder, and no model of this name in "
        + "\(folder.url.path); near: openai-community/gpt2; `interchange fetch gpt2` downloads it")
    #expect(
      message { try model("gpt2-mediun@v1") }.contains("near: gpt2-medium; `interchange fetch "))
    #expect(try model("gpt2-medium").url.lastPathComponent == commit)
  }

  @Test func commitsByTheirBeginning() throws {
    let (first, second) = (
      "abcdef01" + String(repeating: "0", count: 32), "abcdef02" + String(repeating: "0", count: 32)
    )
    try add("models--a", first, ["main"], ["config.json", "model.safetensors"])
    try add("models--a", second, [], ["config.json", "model.safetensors"])
    #expect(try model("a@ABCDEF01").commit == first)
    #expect(try model("a@\(second)").commit == second)
    #expect(
      message { try model("a@abcdef0") }
        == "badInput: a: the commit \"abcdef0\" may be \(first) or \(second)")
    #expect(message { try model("a@abcdef") }.hasPrefix("badInput: a: no revision \"abcdef\""))
    let revisions = cache.revisions(of: "a")
    #expect(revisions.map(\.commit) == [first, second])
    #expect(revisions.map(\.references) == [["main"], []])
    // A name of a branch that leads nowhere is none.
    try write("../../../etc", folder.url.appending(path: "models--a/refs/evil"))
    #expect(message { try model("a@evil") }.hasPrefix("badInput: a: no revision \"evil\""))
  }

  /// A folder of safetensors that has a GGUF file beside them is a folder.
  @Test func folderOrFile() throws {
    let commit = String(repeating: "b", count: 40)
    let gguf = "x.Q4_0.gguf"
    try add("models--both", commit, ["main"], ["config.json", "model.safetensors", gguf])
    try add("models--one", commit, ["main"], ["config.json", gguf])
    try add("models--two", commit, ["main"], [gguf, "x.Q8_0.gguf"])
    #expect(try model("both").file == nil)
    #expect(try model("both:Q4_0").file == gguf)
    #expect(try model("one").url.lastPathComponent == gguf)
    #expect(message { try model("two") }.hasSuffix("by two:FILE: \(gguf), x.Q8_0.gguf"))
  }
}
