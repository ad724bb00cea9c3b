import Foundation
import Interchange
import Testing

/// The built programs of the package, run as a user runs them.
enum Program {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
    /// The processor's time in seconds; measured where there was a timeout.
    var processorTime = 0.0

    /// Standard output as a JSON object.
    func json() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }

    /// The results of a record on standard output, by their kinds.
    func results() throws -> [String: Any] {
      try #require(try json()["results"] as? [String: Any])
    }

    /// Standard output as the record of a run.
    func record() throws -> RunRecord {
      try JSONDecoder.ofRecords.decode(RunRecord.self, from: Data(output.utf8))
    }
  }

  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let fixtures = package.appending(path: "Tests/Fixtures/models")
  static let tiny = fixtures.appending(path: "llama-gqa.gguf").path

  /// The 98 MB model that `make model` fetches; tests that need it are skipped without it.
  static let smollm2 = package.appending(path: ".models/SmolLM2-135M-Instruct.Q4_1.gguf").path
  static let hasSmolLM2 = FileManager.default.fileExists(atPath: smollm2)

  /// The folder of the test bundle, beside the programs.
  private static let folder: URL = {
    let paths = CommandLine.arguments + [Bundle.main.executablePath ?? ""]
    let bundle = paths.first { $0.hasSuffix(".xctest") }
    return bundle.map { URL(filePath: $0).deletingLastPathComponent() }
      ?? package.appending(path: ".build/release")
  }()

  /// Runs a shell's command with the program as `$0` and the arguments as `$@`.
  static func shell(_ command: String, _ arguments: [String]) throws -> Result {
    try run(
      ["-c", command, folder.appending(component: "interchange").path] + arguments,
      executable: URL(filePath: "/bin/sh"))
  }

  /// Starts a program whose output nobody reads, but for errors where there is a file for them.
  static func start(
    _ arguments: [String], program: String = "interchange", errors: URL? = nil,
    environment: [String: String] = [:]
  ) throws -> Process {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.executableURL = folder.appending(component: program)
    process.arguments = arguments
    for keyPath in [\Process.standardOutput, \.standardError, \.standardInput] {
      process[keyPath: keyPath] = FileHandle.nullDevice
    }
    if let errors { process.standardError = try FileHandle(forWritingTo: errors) }
    try process.run()
    return process
  }

  /// Runs a program to its end, with more environment variables than the tests have.
  static func run(
    _ arguments: [String], program: String = "interchange", environment: [String: String] = [:],
    executable: URL? = nil, timeout: TimeInterval? = nil
  ) throws -> Result {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.executableURL = executable ?? folder.appending(component: program)
    process.arguments = arguments
    let files = try (0..<2).map { _ in try TemporaryFile() }
    process.standardOutput = try FileHandle(forWritingTo: files[0].url)
    process.standardError = try FileHandle(forWritingTo: files[1].url)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let end = timeout.map { Date().addingTimeInterval($0) }
    var processorTime = 0.0
    while let end, process.isRunning {
      processorTime = Self.processorTime(of: process.processIdentifier) ?? processorTime
      if Date() > end { kill(process.processIdentifier, SIGKILL) }
      Thread.sleep(forTimeInterval: 0.005)
    }
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : -1,
      output: try String(contentsOf: files[0].url, encoding: .utf8),
      errors: try String(contentsOf: files[1].url, encoding: .utf8), processorTime: processorTime)
  }

  /// The seconds that processors have worked for a running program.
  private static func processorTime(of process: Int32) -> Double? {
    let file = "/proc/\(process)/stat"
    // The name, in parentheses, may have anything in it; the times are the 12th and 13th after it.
    guard let line = try? String(contentsOfFile: file, encoding: .utf8),
      let words = line.split(separator: ")").last?.split(separator: " "), words.count > 12,
      let user = Double(words[11]), let system = Double(words[12])
    else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}

/// A file or folder that is removed when the tests are over.
struct TemporaryFile {
  /// Holds all of them.
  private static let folder: URL = {
    let url = FileManager.default.temporaryDirectory.appending(
      component: "interchange-tests-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(at: TemporaryFile.folder) }
    return url
  }()

  let url = Self.folder.appending(component: UUID().uuidString)

  init(_ contents: Data = Data()) throws { try contents.write(to: url) }

  init(copyOf folder: URL) throws { try FileManager.default.copyItem(at: folder, to: url) }

  init(folder: Void) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
}
