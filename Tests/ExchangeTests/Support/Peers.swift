import Foundation
import Testing

/// The peers that `make bench` installs, in Python.
enum Peers {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  /// Another one can be named, which has the versions that a peer needs.
  private static let python =
    ProcessInfo.processInfo.environment["INTERCHANGE_PEERS_PYTHON"]
    ?? package.appending(path: ".bench/venv/bin/python").path

  /// True where a peer's package can be found.
  static func has(_ module: String) -> Bool {
    guard FileManager.default.isExecutableFile(atPath: python) else { return false }
    return (try? output(["-c", "import \(module)"])) != nil
  }

  /// The logits that a script of the fixtures prints, flat, for each model with its folder.
  static func logits(
    _ script: String, _ prompts: [[Int]], _ places: [(model: URL, folder: URL)]
  ) throws -> [[Float]] {
    let answers: [[[Float]]] = try answers(script, prompts, places)
    return answers.map { $0.flatMap { $0 } }
  }

  /// The answers that a script of the fixtures prints for each model with its folder.
  static func answers<Answer: Decodable>(
    _ script: String, _ prompts: [[Int]], _ places: [(model: URL, folder: URL)]
  ) throws -> [Answer] {
    let script = package.appending(path: "Tests/Fixtures/\(script)").path
    let output = try output(
      [script, "\(prompts)"] + places.flatMap { [$0.model.path, $0.folder.path] })
    let answers = try JSONDecoder().decode([Answer].self, from: output)
    try #require(answers.count == places.count)
    return answers
  }

  private struct Failure: Error {}

  private static func output(_ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure() }
    // Some packages greet on the lines before.
    return Data(output.split(separator: UInt8(ascii: "\n")).last ?? [])
  }
}
