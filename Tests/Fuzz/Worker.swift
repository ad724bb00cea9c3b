import Foundation
import Interchange

/// Runs inputs one after the other in this process; each follows from the seed and its number.
struct Worker {
  let readers: [Reader]
  let seed: UInt64
  let folder: URL
  private let memory: Int
  private let turns: [Int]

  /// - Parameter memory: MiB that an input may take besides what its size justifies
  init(readers: [Reader], seed: UInt64, folder: URL, memory: Int) throws {
    (self.readers, self.seed, self.folder) = (readers, seed, folder)
    self.memory = memory
    turns = readers.indices.flatMap { Array(repeating: $0, count: readers[$0].weight) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// A fault that didn't end the process.
  struct Finding: Codable {
    let input: UInt64
    let reader: String
    let seed: String
    let fault: String
  }

  private struct Input {
    let reader: Int
    let seed: Seed
    /// The file or the folder that the reader is given.
    let place: URL
    /// The file that was changed, and what was there.
    let changed: URL
    let original: [UInt8]
    let bytes: Int
  }

  /// Writes an input to be read.
  private func prepare(_ number: UInt64) throws -> Input {
    var seeds = RandomGenerator(seed: seed)
    var generator = RandomGenerator(seed: seeds.next() &+ number &* 0x9E37_79B9_7F4A_7C15)
    let index = turns[Int(generator.next() % UInt64(turns.count))]
    let reader = readers[index]
    let chosen = reader.seeds[Int(generator.next() % UInt64(reader.seeds.count))]
    let other = reader.seeds[Int(generator.next() % UInt64(reader.seeds.count))]
    let place = try copy(chosen, of: index)
    let name =
      chosen.isFolder ? chosen.files[Int(generator.next() % UInt64(chosen.files.count))] : nil
    let file = name.map { chosen.source.appending(component: $0) } ?? chosen.source
    let original = [UInt8](try Data(contentsOf: file))
    let mixed = other.isFolder ? other.source.appending(component: other.files[0]) : other.source
    var mutator = Mutator(generator: generator)
    let bytes = mutator.changed(original, mixing: [UInt8](try Data(contentsOf: mixed)))
    let target = name.map { place.appending(component: $0) } ?? place
    // A new file: an earlier one may still be mapped.
    try? FileManager.default.removeItem(at: target)
    try Data(bytes).write(to: target)
    return Input(
      reader: index, seed: chosen, place: place, changed: target, original: original,
      bytes: max(bytes.count, original.count))
  }

  /// The place in memory where a seed's files lie; folders are copied once.
  private func copy(_ seed: Seed, of reader: Int) throws -> URL {
    let stem = "\(reader)-" + seed.source.pathComponents.suffix(2).joined(separator: "-")
    let place = folder.appending(component: stem)
    guard seed.isFolder, !FileManager.default.fileExists(atPath: place.path) else { return place }
    try FileManager.default.copyItem(at: seed.source, to: place)
    return place
  }

  private var peak: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  private func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Runs one input.
  ///
  /// - Returns: the fault, where there is one
  func run(_ number: UInt64, _ board: Board?) throws -> Finding? {
    let input = try prepare(number)
    defer {
      if input.seed.isFolder, board != nil {
        // A training writes into its folder.
        try? FileManager.default.removeItem(at: input.changed)
        try? Data(input.original).write(to: input.changed)
      }
    }
    let before = peak
    let start = seconds()
    var fault: String?
    var isAccepted = false
    do {
      try readers[input.reader].read(input.place)
      isAccepted = true
    } catch is NotANumber {
      fault = "a result that is no number, and no error"
    } catch {
      fault = Self.fault(of: "\(error)")
    }
    let taken = seconds() - start
    board?.count(
      input.reader, isAccepted: isAccepted, microseconds: UInt64(taken * 1e6))
    // A file may be read into numbers eight times as wide, with an error's copy of it besides.
    let growth = peak - before
    if growth > memory << 20 + 64 * input.bytes {
      fault = "\(growth >> 20) MiB more memory for \(input.bytes) bytes"
    }
    return fault.map {
      Finding(
        input: number, reader: readers[input.reader].name, seed: input.seed.source.path, fault: $0)
    }
  }

  /// What is wrong with an error's words: they have to be one line for a reader. The
  /// program shows its control bytes and cuts it where it is long.
  private static func fault(of message: String) -> String? {
    let marks = ["Error Domain=", "DecodingError", "NSCocoa", "CodingKeys(", "NSUnderlying"]
    if let mark = marks.first(where: message.contains) {
      return "an error that shows a Swift value (\(mark)): \(message.prefix(300))"
    }
    if message.contains("\n") { return "an error of several lines: \(message.prefix(300))" }
    return nil
  }
}
