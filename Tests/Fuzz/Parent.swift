import Foundation

/// Starts workers one after the other, and tells what became of them.
final class Parent {
  private let options: Options
  private let readers: [Reader]
  private let board: Board
  private var findings: [Worker.Finding] = []
  /// Seconds that one input may take, in any build.
  private let limit = 20.0
  /// So many faults of the same kind are told.
  private let told = 200

  init(options: Options, readers: [Reader]) throws {
    (self.options, self.readers) = (options, readers)
    try FileManager.default.createDirectory(
      at: options.folder, withIntermediateDirectories: true)
    board = try Board(options.folder.appending(component: "board"), readers: readers.count)
  }

  func run() throws -> Int32 {
    defer { try? FileManager.default.removeItem(at: options.folder) }
    let end =
      options.inputs == nil ? Date().addingTimeInterval(60 * options.minutes) : Date.distantFuture
    let last = options.inputs ?? .max
    var first = options.first
    while Date() < end && first < last && findings.count < told {
      first = try watch(from: first, until: end) + 1
    }
    let inputs = readers.indices.reduce(0) { $0 + board.counts($1).ran }
    print("seed \(options.seed): \(inputs) inputs over \(readers.count) readers")
    for (index, reader) in readers.enumerated() {
      let (ran, accepted, time) = board.counts(index)
      let name = reader.name.padding(toLength: 18, withPad: " ", startingAt: 0)
      let mean = ran == 0 ? 0 : time / ran
      print("\(name) \(ran) inputs, \(accepted) read, \(mean) µs each")
    }
    tell()
    print(findings.isEmpty ? "no fault" : "\(findings.count) faults")
    if let counts = options.counts { try write(to: counts, inputs) }
    return findings.isEmpty ? 0 : 1
  }

  /// The first faults of each kind, with what runs them again.
  private func tell() {
    let kinds = Dictionary(grouping: findings) { $0.reader + ": " + String($0.fault.prefix(30)) }
    for (_, alike) in kinds.sorted(by: { $0.key < $1.key }) {
      for finding in alike.prefix(3) {
        print(
          "FAULT \(finding.reader): --seed \(options.seed) --input \(finding.input): "
            + finding.fault)
      }
      if alike.count > 3 { print("      and \(alike.count - 3) like these") }
    }
  }

  /// The row of the page of what is tested.
  private func write(to path: String, _ inputs: UInt64) throws {
    let faults = findings.isEmpty ? "none" : "\(findings.count)"
    let row =
      "| `make fuzz` | \(inputs) mutated inputs over \(readers.count) readers | faults: \(faults) |\n"
    try Data(row.utf8).write(to: URL(filePath: path))
  }

  /// The seconds that a process has worked for, as the kernel counts them.
  private static func processorSeconds(_ process: Int32) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return 0 }
    // After the name: the state, ten other numbers, then the ticks in user and in system mode.
    let fields = text[end...].split(separator: " ").dropFirst()
    guard fields.count > 13 else { return 0 }
    let ticks = fields.dropFirst(11).prefix(2).compactMap { Double($0) }
    return ticks.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Watches one worker to its end.
  ///
  /// - Returns: the number of its last input
  private func watch(from first: UInt64, until end: Date) throws -> UInt64 {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      [
        "--worker", options.folder.path, "--seed", "\(options.seed)", "--first", "\(first)",
        "--memory", "\(options.memory)",
      ]
      + (options.only.map { ["--only", $0] } ?? [])
      + (options.inputs.map { ["--inputs", "\($0)"] } ?? [])
    let (output, errors) = (
      options.folder.appending(component: "output"), options.folder.appending(component: "errors")
    )
    for file in [output, errors] {
      _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    // A crash is told by its input; the trace would take seconds.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no"]
    ) { $1 }
    board.current = first
    try process.run()
    var (last, since, worked) = (first, Date(), 0.0)
    var isHanging = false
    while process.isRunning {
      usleep(50_000)
      let work = Self.processorSeconds(process.processIdentifier)
      if board.current != last { (last, since, worked) = (board.current, Date(), work) }
      // On a busy machine an input may wait; one that waits for ever hangs, too.
      isHanging = work - worked > limit || Date().timeIntervalSince(since) > 15 * limit
      if isHanging || Date() >= end {
        kill(process.processIdentifier, SIGKILL)
        break
      }
    }
    process.waitUntilExit()
    let input = board.current
    let lines = try Data(contentsOf: output).split(separator: 0x0A)
    findings += lines.compactMap { try? JSONDecoder().decode(Worker.Finding.self, from: $0) }
    let isOver =
      process.terminationReason == .uncaughtSignal
      ? process.terminationStatus == SIGKILL
      : process.terminationStatus == 0 && options.inputs.map { input >= $0 } ?? false
    if isHanging || !isOver {
      let words = String(decoding: try Data(contentsOf: errors).suffix(600), as: UTF8.self)
        .split(separator: "\n").suffix(3).joined(separator: " ")
      let ending =
        process.terminationReason == .uncaughtSignal
        ? "signal \(process.terminationStatus)" : "exit \(process.terminationStatus)"
      findings.append(
        Worker.Finding(
          input: input, reader: "worker", seed: "",
          fault: isHanging ? "more than \(Int(limit)) seconds" : "\(ending): \(words)"))
      print("input \(input): \(isHanging ? "hangs" : ending)")
    }
    return input
  }
}
