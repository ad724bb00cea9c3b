import Foundation
import Testing

/// Bad input gets one clear line and its exit code, and nothing on standard output.
@Suite struct BadInputTests {
  private func expect(
    _ status: Int32, _ line: String, _ arguments: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try Program.run(arguments)
    #expect(result.status == status, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errors == "interchange: \(line)\n", sourceLocation: sourceLocation)
  }

  private func damaged(_ change: (inout Data) -> Void) throws -> TemporaryFile {
    var data = try Data(contentsOf: URL(filePath: Program.tiny))
    change(&data)
    return try TemporaryFile(data)
  }

  /// A level of the kernels that is no level must not be overlooked.
  @Test(arguments: ["avx3", "AVX2", "avx2 "]) func unknownKernels(_ level: String) throws {
    let result = try Program.run(["--help"], environment: ["INTERCHANGE_KERNELS": level])
    #expect(result.status == 64 && result.output.isEmpty)
    let line = "interchange: INTERCHANGE_KERNELS: expected avx512, avx2 or baseline"
    #expect(result.errors == "\(line), found \"\(level)\"\n")
  }

  @Test func truncatedAtManyPlaces() throws {
    let size = try Data(contentsOf: URL(filePath: Program.tiny)).count
    for share in stride(from: 0.0, through: 0.99, by: 0.11) {
      let file = try damaged { $0 = $0.prefix(Int(Double(size) * share)) }
      let result = try Program.run(["predict", file.url.path, "--text", "a"])
      #expect(result.status == 65 && result.output.isEmpty)
      #expect(result.errors.hasPrefix("interchange: \(file.url.path): "))
      #expect(result.errors.count { $0 == "\n" } == 1)
    }
  }

  /// What a file has in a name's place may be as long as the file; the line isn't.
  @Test func longNamesAreCut() throws {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let name = String(repeating: "A", count: 20_000)
    try Data("{\"architectures\": [\"\(name)\"]}".utf8).write(
      to: folder.appending(component: "config.json"))
    let result = try Program.run(["inspect", folder.path])
    #expect(result.status == 65 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("interchange: \(folder.path)"))
    #expect(result.errors.count < 2000 && result.errors.count { $0 == "\n" } == 1)
  }

  @Test func missingTensorAndUnknownArchitecture() throws {
    func replacing(_ old: String, _ new: String) throws -> TemporaryFile {
      try damaged { data in
        if let range = data.range(of: Data(old.utf8)) {
          data.replaceSubrange(range, with: Data(new.utf8))
        }
      }
    }
    let missing = try replacing("blk.1.ffn_up.weight", "blk.1.ffn_ux.weight")
    try expect(
      65,
      "\(missing.url.path): expected tensor \"blk.1.ffn_up.weight\", found none; near: "
        + "\"blk.0.ffn_up.weight\", \"blk.1.ffn_ux.weight\", \"blk.2.ffn_up.weight\"",
      ["predict", missing.url.path, "--text", "a"])
    let unknown = try replacing("llama", "qwert")
    let result = try Program.run(["predict", unknown.url.path, "--text", "a"])
    #expect(result.status == 65)
    let start = "interchange: \(unknown.url.path): unknown architecture 'qwert'; nearest of "
    #expect(result.errors.hasPrefix(start) && result.errors.contains(" known: qwen2"))
  }

  @Test func corruptedSafetensorsAndForeignTokenizer() throws {
    let folder = try TemporaryFile(copyOf: Program.fixtures.appending(path: "llama-gqa"))
    let weights = folder.url.appending(path: "model.safetensors")
    let whole = try Data(contentsOf: weights)
    try whole.prefix(3000).write(to: weights)
    let result = try Program.run(["predict", folder.url.path, "--text", "a"])
    #expect(result.status == 65 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("interchange: \(weights.path): tensor \""))
    #expect(result.errors.count { $0 == "\n" } == 1)

    try whole.write(to: weights)
    let tokenizer = folder.url.appending(path: "tokenizer.json")
    try FileManager.default.removeItem(at: tokenizer)
    try? FileManager.default.removeItem(at: folder.url.appending(path: "tokenizer_config.json"))
    let foreign = Program.package.appending(
      path: "Tests/Fixtures/tokenizers/llama3/tokenizer.json")
    try FileManager.default.copyItem(at: foreign, to: tokenizer)
    let mismatch = try Program.run(["predict", folder.url.path, "--text", "a"])
    #expect(mismatch.status == 65)
    #expect(mismatch.errors.contains("the tokenizer doesn't match the model"))
  }

  @Test func placesThatDoNotExist() throws {
    func swap(_ more: [String], source: String = "cab") -> [String] {
      ["swap", Program.tiny, "--base", "abc abc", "--source", source] + more
    }
    try expect(65, "layer 9 is out of range: the model has layers 0 to 2", swap(["--layer", "9"]))
    try expect(
      65, "layer -1 is out of range: the model has layers 0 to 2", swap(["--layer", "-1"]))
    try expect(
      65, "head 4 is out of range: query_output has heads 0 to 3",
      swap(["--layer", "0", "--site", "head_query_output", "--head", "4"]))
    try expect(
      65, "no component 'nonsense' in a transformer model",
      swap(["--layer", "0", "--site", "nonsense"]))
    let base = try Program.run(swap(["--layer", "0", "--position", "99"]))
    #expect(base.status == 65)
    #expect(base.errors.hasPrefix("interchange: base: position 99 is out of range"))
    let source = try Program.run(swap(["--layer", "0", "--position", "3"], source: "a"))
    #expect(source.status == 65)
    #expect(source.errors.hasPrefix("interchange: source: position 3 is out of range"))
    let all = try Program.run(swap(["--layer", "0", "--position", "all"], source: "a"))
    #expect(all.status == 65 && all.errors.contains("they must correspond"))
    try expect(
      65, "rank 17 is out of range: expected 1 to 16, the width of the site",
      ["das", Program.tiny, "--layer", "0", "--rank", "17"])
    try expect(
      65,
      "no task is named 'nonsense'; expected one of equality, agreement, ioi, capitals, pronoun,"
        + " greater-than, mcqa, addition, binding, or a file",
      ["das", Program.tiny, "--layer", "0", "--task", "nonsense"])
    try expect(
      65, "the input is empty: expected at least one token",
      ["predict", Program.tiny, "--text", ""])
    try expect(65, "/nowhere: no such file or folder", ["inspect", "/nowhere"])
  }

  @Test func dataFiles() throws {
    let data = try TemporaryFile(Data((#"{"prompt":"a","completion":"b"}"# + "\n{}\n").utf8))
    try expect(
      65, "\(data.url.path): line 2: no field 'prompt'",
      ["finetune", Program.tiny, "--data", data.url.path, "--layers", "0"])
    let folder = try TemporaryFile(folder: ())
    try expect(
      65, "\(folder.url.path)/run.json: no record of a run can be read",
      ["figure", folder.url.path])
  }

  /// A path below a file can't be made a folder, by root either.
  @Test func unwritableFolder() throws {
    let data = try TemporaryFile(Data(#"{"prompt":"a","completion":"b"}"#.utf8))
    let target = data.url.path + "/sub"
    try expect(
      1, "\(target): the folder can't be written",
      [
        "finetune", Program.tiny, "--data", data.url.path, "--layers", "0", "--positions", "0",
        "--rank", "1", "--out", target,
      ])
  }

  @Test(arguments: [
    ["predict"], ["predict", "x"], ["predict", "x", "--text", "a", "--bogus"],
    ["predict", "x", "--text", "a", "--threads", "0"], ["nonsense"],
  ])
  func badUsage(arguments: [String]) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("Usage: interchange"))
  }
}
