import Foundation

// Mutates the corpus over every reader of the library. A parent starts a worker, watches that it
// gets on, and names the input that ended or stopped it. `make fuzz MINUTES=5`.

struct Usage: Error, CustomStringConvertible {
  let description: String
}

/// The options: `--name value`.
struct Options {
  var minutes = 1.0
  var seed: UInt64 = 0
  var first: UInt64 = 0
  var input: UInt64?
  /// The number of inputs after which it ends, whatever the time: the same ones everywhere.
  var inputs: UInt64?
  var only: String?
  var counts: String?
  /// MiB that an input may take besides what its size justifies.
  var memory = 64
  var folder = URL(filePath: "/dev/shm").appending(component: "interchange-fuzz-\(getpid())")
  var isWorker = false

  init(_ words: [String]) throws {
    var words = words[...]
    func number<T: LosslessStringConvertible>(_ name: String, _ text: String) throws -> T {
      guard let value = T(text) else { throw Usage(description: "\(name): no number: \(text)") }
      return value
    }
    while let name = words.popFirst() {
      guard let value = words.popFirst() else {
        throw Usage(description: "\(name): a value, please")
      }
      switch name {
      case "--minutes": minutes = try number(name, value)
      case "--seed": seed = try number(name, value)
      case "--first": first = try number(name, value)
      case "--input": input = try number(name, value)
      case "--inputs": inputs = try number(name, value)
      case "--only": only = value
      case "--counts": counts = value
      case "--memory": memory = try number(name, value)
      case "--worker": (folder, isWorker) = (URL(filePath: value), true)
      default:
        throw Usage(
          description:
            "unknown \(name); --minutes M, --seed S, --only READER, --input N, --inputs N, "
            + "--memory MIB, --counts FILE")
      }
    }
  }
}

func run() throws -> Int32 {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  var readers = try Reader.all()
  for reader in readers where reader.seeds.isEmpty {
    throw Usage(description: "\(reader.name): no seeds in the corpus")
  }
  if let only = options.only {
    readers = readers.filter { $0.name == only }
    guard !readers.isEmpty else { throw Usage(description: "no reader \(only)") }
  }
  #if LIBFUZZER
    return try runLibFuzzer(readers[0], ["-max_total_time=\(Int(60 * options.minutes))"])
  #endif
  if let input = options.input {
    // The input is left there, to be looked at.
    let folder = URL(filePath: ".build/fuzz")
    try? FileManager.default.removeItem(at: folder)
    let worker = try Worker(
      readers: readers, seed: options.seed, folder: folder, memory: options.memory)
    print("input \(input) of seed \(options.seed), in \(folder.path)")
    let finding = try worker.run(input, nil)
    print(finding.map { "\($0.reader), \($0.seed): \($0.fault)" } ?? "no fault")
    return finding == nil ? 0 : 1
  }
  if options.isWorker {
    try work(options, readers)
    return 0
  }
  return try Parent(options: options, readers: readers).run()
}

/// Runs inputs until it is killed or has run as many as it is to.
func work(_ options: Options, _ readers: [Reader]) throws {
  let board = try Board(options.folder.appending(component: "board"), readers: readers.count)
  let worker = try Worker(
    readers: readers, seed: options.seed, folder: options.folder.appending(component: "inputs"),
    memory: options.memory)
  var input = options.first
  while true {
    board.current = input
    guard options.inputs.map({ input < $0 }) ?? true else { return }
    if let finding = try worker.run(input, board) {
      var line = try JSONEncoder().encode(finding)
      line.append(0x0A)
      FileHandle.standardOutput.write(line)
    }
    input += 1
  }
}

do {
  exit(try run())
} catch let error as Usage {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(64)
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
