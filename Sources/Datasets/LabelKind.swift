import Foundation

/// The kind of what texts are labelled with.
///
/// Where nothing is said, labels are classes. They are numbers to predict, a regression, when all
/// are numbers and one is written with a decimal point or an exponent, or when all are numbers and
/// there are more than a hundred different ones.
public enum LabelKind: String, Codable, Sendable, CaseIterable {
  /// Each different label is a class.
  case classes
  /// Labels are numbers to predict.
  case numbers

  /// The number of different labels up to which they can be classes without being said to be.
  static let mostClasses = 100

  /// The number that a label says in decimal notation; nil for any other text.
  static func number(_ label: String) -> Double? {
    let text = label.trimmingCharacters(in: .whitespaces)
    guard text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) }), let number = Double(text),
      number.isFinite
    else { return nil }
    return number
  }

  /// True for a spelling of what is no number in the place of one, as tables have it for missing
  /// values.
  fileprivate static func isNoNumber(_ label: String) -> Bool {
    let text = label.trimmingCharacters(in: .whitespaces).lowercased()
    return ["nan", "inf", "+inf", "-inf", "infinity", "-infinity", "+infinity"].contains(text)
  }
}

extension [TaskExample] {
  /// The kind of the examples' labels; nil where they are no labelled texts.
  public var labelKind: LabelKind? {
    guard areLabelled else { return nil }
    if contains(where: { !$0.choices.isEmpty }) { return .classes }
    return allSatisfy { $0.label != nil } ? .numbers : nil
  }

  /// The same labelled texts with labels of a kind.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` for a label that is no number where
  ///   numbers are wanted, ``DatasetError/invalidSetting(name:expected:found:)`` for examples
  ///   without labels.
  public func labelled(as kind: LabelKind) throws -> [TaskExample] {
    guard areLabelled else {
      throw DatasetError.invalidSetting(
        name: "labels", expected: "texts with labels, which can be \(kind.rawValue)",
        found: "prompts and completions")
    }
    var choices: [String] = []
    if kind == .classes { choices = Set(compactMap(\.answer)).sorted() }
    return try map { example in
      var example = example
      if kind == .classes {
        // GLUE's classes have words of their own.
        if example.choices.isEmpty, choices.count > 1 { example.choices = choices }
        return example
      }
      guard let number = LabelKind.number(example.answer ?? "") else {
        let reason = "the label '\(example.answer ?? "")': expected a number"
        throw DatasetError.invalidData(
          path: example.origin?.path ?? "examples", line: example.origin?.line ?? 0, reason: reason)
      }
      (example.label, example.choices) = (number, [])
      return example
    }
  }

  private var areLabelled: Bool { !isEmpty && allSatisfy { !$0.sentences.isEmpty } }

  /// The kind that labels have where nothing is said; nil where the examples are no labelled texts,
  /// have a kind already, or have labels of neither kind.
  var inferredLabelKind: LabelKind? {
    guard areLabelled, allSatisfy({ $0.choices.isEmpty }) else { return nil }
    let labels = compactMap(\.answer)
    let numbers = labels.filter { LabelKind.number($0) != nil }
    let areNumbers =
      !numbers.isEmpty
      && labels.allSatisfy { LabelKind.number($0) != nil || LabelKind.isNoNumber($0) }
    let isDecimal = numbers.contains { Int($0.trimmingCharacters(in: .whitespaces)) == nil }
    if areNumbers, isDecimal { return .numbers }
    let count = Set(labels).count
    if count <= LabelKind.mostClasses { return count > 1 ? .classes : nil }
    return areNumbers ? .numbers : nil
  }
}
