import Foundation
import InterchangeCausalModels
import InterchangeDatasets
import InterchangeFineTuning

/// A method with choices of its own, as a user writes it: `loreft:rank=8:rate=4e-3`. As a file it is what
/// a search found and a fine-tuning takes.
public struct MethodChoices: Codable, Sendable, Equatable, CustomStringConvertible {
  /// One choice: an `AdapterChoice`, or a setting of the training.
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

  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for a part that is no choice.
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
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for an unknown choice or a value
  ///   that can't be read.
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
      } else if let known = AdapterChoice(rawValue: choice.key), known != .subspace {
        try configuration.set(known, to: choice.value)
      } else {
        let known =
          Setting.allCases.map(\.rawValue)
          + AdapterChoice.allCases.filter { $0 != .subspace }.map(\.rawValue)
        throw FineTuningError.invalidSetting(
          name: "methods", expected: known.joined(separator: ", "), found: choice.key)
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
    try encoder.encode(self).write(to: url, options: .atomic)
  }
}

/// The values that a search may choose from for one method: `loreft:rank=2/8:rate=1e-3/4e-3`.
public struct MethodSpace: Sendable, Equatable {
  /// One choice with the values that it may have.
  public struct Axis: Sendable, Equatable {
    /// An `AdapterChoice` or a ``MethodChoices/Setting``, by its name.
    public let key: String
    /// At least one, as a user writes it.
    public let values: [String]
  }

  /// The method's name.
  public let method: String
  /// What is chosen, in the order written.
  public let axes: [Axis]

  /// - Parameter text: a method, and its choices with values separated by slashes; a method alone has the
  ///   choices of `standardAxes(_:)`
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)`.
  public init(parsing text: String) throws {
    let written = try MethodChoices(parsing: text)
    method = written.method
    guard AdapterConfiguration.methodNames.contains(method) else {
      throw FineTuningError.invalidSetting(
        name: "methods", expected: AdapterConfiguration.methodNames.joined(separator: ", "),
        found: method)
    }
    axes =
      written.choices.isEmpty
      ? Self.standardAxes(method)
      : written.choices.map {
        Axis(key: $0.key, values: $0.value.split(separator: "/").map(String.init))
      }
    if let empty = axes.first(where: { $0.values.isEmpty }) {
      throw FineTuningError.invalidSetting(
        name: empty.key, expected: "values separated by /", found: "none")
    }
    let (limit, combinations) = (1 << 20, axes.reduce(1.0) { $0 * Double($1.values.count) })
    guard combinations <= Double(limit) else {
      throw FineTuningError.invalidSetting(
        name: method, expected: "\(limit) combinations at most",
        found: String(format: "%.0f", combinations))
    }
    // Whatever can't be read is said before anything is trained.
    for axis in axes {
      for value in axis.values {
        var configuration = AdapterConfiguration(method: method)
        var settings = FineTuningSettings()
        try MethodChoices(method, [MethodChoices.Choice(axis.key, value)])
          .apply(to: &configuration, &settings)
      }
    }
  }

  /// What is searched where nothing is said: what the methods' papers vary.
  static func standardAxes(_ method: String) -> [Axis] {
    let rate = Axis(key: "rate", values: ["3e-4", "1e-3", "3e-3", "1e-2"])
    let rank = Axis(key: "rank", values: ["1", "4", "8", "16"])
    let dropout = Axis(key: "dropout", values: ["0", "0.05"])
    switch method {
    case "lora":
      return [
        rank, Axis(key: "projections", values: ["query+value", "query+key+value+output", "all"]),
        dropout, rate,
      ]
    case "serial-adapter", "parallel-adapter":
      return [Axis(key: "rank", values: ["4", "16", "64"]), rate]
    case "prompt-tuning":
      return [
        Axis(key: "tokens", values: ["5", "20", "50"]),
        Axis(key: "start", values: ["random", "vocabulary"]), rate,
      ]
    case "prefix-tuning", "p-tuning":
      return [Axis(key: "tokens", values: ["5", "10", "20"]), rate]
    case "bitfit", "full", "diff-pruning", "red", "steering", "probe":
      return [Axis(key: "rate", values: ["1e-4"] + rate.values)]
    default:
      return [
        rank, Axis(key: "positions", values: ["f1+l1", "f3+l3", "f5+l5", "f7+l7"]),
        Axis(key: "separate", values: ["false", "true"]), dropout, rate,
      ]
    }
  }

  /// How many combinations there are.
  public var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// A combination by its number.
  subscript(_ number: Int) -> MethodChoices {
    var rest = number
    return MethodChoices(
      method,
      axes.map { axis in
        defer { rest /= axis.values.count }
        return MethodChoices.Choice(axis.key, axis.values[rest % axis.values.count])
      })
  }
}
