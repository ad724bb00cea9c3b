import Foundation
import InterchangeDatasets
import InterchangeModels

/// The words that a head has for examples: several labels, or a number.
public struct LabelSet: Codable, Sendable, Equatable {
  /// The classes, in the order of the head's outputs; empty for a number.
  public let names: [String]

  public init(_ names: [String]) { self.names = names }

  /// A number instead of labels.
  public static let number = LabelSet([])

  public var isNumber: Bool { names.isEmpty }
  /// The kind of labels that examples have to have.
  public var kind: LabelKind { isNumber ? .numbers : .classes }
  /// The number of outputs of a head.
  public var outputs: Int { max(1, names.count) }

  /// The labels of a task's examples: their possible answers in the order in which they are met, or
  /// a number where they have none.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for examples without
  ///   labels.
  public init(of examples: [TaskExample]) throws {
    var seen: Set<String> = []
    let names = examples.flatMap(\.choices).filter { seen.insert($0).inserted }
    if names.isEmpty {
      guard examples.allSatisfy({ $0.label != nil }) else {
        throw FineTuningError.invalidSetting(
          name: "labels", expected: "examples with labels or numbers", found: "texts")
      }
    }
    self.init(names)
  }

  /// The kind of the labels, for those who are to know it before a training: "2 classes: no, yes",
  /// or "numbers from 0.5 to 4, a regression".
  public func summary(of examples: [TaskExample]) -> String {
    guard isNumber else {
      return "\(names.count) classes: " + names.prefix(8).joined(separator: ", ")
        + (names.count > 8 ? ", …" : "")
    }
    let numbers = examples.compactMap(\.label)
    func text(_ number: Double?) -> String { String(format: "%g", number ?? .nan) }
    return "numbers from \(text(numbers.min())) to \(text(numbers.max())), a regression"
  }

  /// True where these labels are among them, or both are numbers.
  public func covers(_ other: LabelSet) -> Bool {
    isNumber == other.isNumber && Set(other.names).isSubset(of: names)
  }

  /// The right output's index, or the number itself.
  ///
  /// - Throws: `DatasetError/invalidData(path:line:reason:)` for a label that is none of these.
  public func value(of example: TaskExample) throws -> Double {
    func fault(_ reason: String) -> DatasetError {
      .invalidData(
        path: example.origin?.path ?? "examples", line: example.origin?.line ?? 0, reason: reason)
    }
    if isNumber {
      guard let number = example.label else { throw fault("no number to predict") }
      return number
    }
    let answer = example.answer ?? example.completion
    guard let index = names.firstIndex(of: answer) else {
      throw fault(
        "the label '\(answer)' is none of the head's: \(names.joined(separator: ", "))")
    }
    return Double(index)
  }

  /// Checks that there is something to learn each label from.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` naming a label without
  ///   examples.
  public func requireExamples(_ examples: [TaskExample]) throws {
    let counts = try examples.reduce(into: [Double: Int]()) {
      $0[try value(of: $1), default: 0] += 1
    }
    if let empty = names.indices.first(where: { counts[Double($0)] == nil }) {
      throw FineTuningError.invalidSetting(
        name: "training examples", expected: "some of every label",
        found: "none of '\(names[empty])'")
    }
  }

  /// The word for a row of outputs: the label of the largest one, or the number.
  func text(_ outputs: [Float]) -> String {
    guard !isNumber else { return "\(outputs[0])" }
    return names[outputs.indices.max { outputs[$0] < outputs[$1] } ?? 0]
  }
}
