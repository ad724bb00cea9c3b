import Foundation
import InterchangeBasics
import InterchangeDatasets

/// A method with choices of its own, as a user writes it: `loreft:rank=8:rate=4e-3`. As a file it
/// is what a search found and a fine-tuning takes.
public struct MethodChoices: Codable, Sendable, Equatable, CustomStringConvertible {
  /// One choice: an ``AdapterChoice`` by its name, or a setting of the training.
  public struct Choice: Codable, Sendable, Hashable {
    public let key: String
    public let value: String

    public init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }
  }

  /// The settings of the training that may be chosen for each method.
  public enum Setting: String, CaseIterable, Sendable {
    case rate
    case weightDecay = "weight-decay"
    case warmup
    case embeddingNoise = "neftune"
  }

  /// The method's name, such as `loreft`.
  public let method: String
  /// In the order written; of equal keys the last counts.
  public let choices: [Choice]

  public init(_ method: String, _ choices: [Choice] = []) {
    (self.method, self.choices) = (method, choices)
  }

  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for a part that is no
  ///   choice.
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    self.init(
      parts[0],
      try parts.dropFirst().map { part in
        let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
        guard pair.count == 2 else {
          throw FineTuningError.invalidSetting(
            name: "methods", expected: "choice=value", found: part)
        }
        return Choice(pair[0], pair[1])
      })
  }

  /// As it was written.
  public var description: String {
    ([method] + choices.map { "\($0.key)=\($0.value)" }).joined(separator: ":")
  }

  /// Makes the choices.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for an unknown choice or a
  ///   value that can't be read.
  public func apply(
    to configuration: inout AdapterConfiguration, _ settings: inout FineTuningSettings
  ) throws {
    configuration.method = method
    for choice in choices {
      if let setting = Setting(rawValue: choice.key) {
        guard let value = Double(choice.value) else {
          throw FineTuningError.invalidSetting(
            name: choice.key, expected: "a number", found: choice.value)
        }
        switch setting {
        case .rate: settings.learningRate = value
        case .weightDecay: settings.weightDecay = value
        case .warmup: settings.warmup = value
        case .embeddingNoise: settings.embeddingNoise = value
        }
      } else {
        let own = try AdapterMethods.named(method).choices
        guard (own + AdapterMethods.choices).contains(where: { $0.name == choice.key }) else {
          throw FineTuningError.unknown(
            choice.key, as: "methods",
            among: Setting.allCases.map(\.rawValue) + own.map(\.name))
        }
        try configuration.set(choice.key, to: choice.value)
      }
    }
  }

  /// Reads a file that ``write(to:)`` wrote.
  ///
  /// - Throws: `DatasetError/invalidData(path:line:reason:)`.
  public init(contentsOf url: URL) throws {
    guard let data = try? Data(contentsOf: url),
      let read = try? JSONDecoder().decode(MethodChoices.self, from: data)
    else {
      throw DatasetError.invalidData(
        path: url.path, line: 0, reason: "no file with a method and its choices")
    }
    self = read
  }

  /// Writes the choices as JSON.
  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try writeAtomically(encoder.encode(self), to: url)
  }
}
