import InterchangeDocuments

/// One run of a command with one value for each option, a folder of an experiment.
public struct ExperimentPoint: Sendable {
  /// A value that is given to an argument.
  enum Word: Sendable, Equatable {
    /// As it stands in the document.
    case text(String)
    /// The folder of an earlier point, or something in it.
    case made(point: Int, path: String)
  }

  /// An argument with its values.
  struct Value: Sendable {
    let argument: CommandDefinition.Argument
    /// The option's or the flag's word; nil for a flag that isn't given.
    let option: String?
    let words: [Word]
    /// Tells whether the step has other values for other points.
    let isAxis: Bool
    let node: DocumentNode

    /// The single word that isn't a place made by another point; nil for anything else.
    var text: String? {
      guard words.count == 1, case .text(let text) = words[0] else { return nil }
      return text
    }
  }

  /// The place in the experiment, from 0.
  public let index: Int
  /// The name of its folder, such as `002-das-layer-10-rank-2-seed-1`.
  public let name: String
  /// The name of its step.
  public let step: String
  /// The command.
  public let command: String
  /// The place in the document, for errors of the command's.
  public let node: DocumentNode
  let values: [Value]

  /// The options in which it differs from the step's other points, with their values.
  public var axes: [(name: String, value: String)] {
    values.filter(\.isAxis).map { value in
      (
        value.argument.name,
        value.words.map {
          if case .text(let text) = $0 { text } else { "…" }
        }.joined(separator: " ")
      )
    }
  }

  /// The earlier points whose folders it reads.
  public var needs: [Int] {
    var needs: [Int] = []
    for case .made(let point, _) in values.flatMap(\.words) where !needs.contains(point) {
      needs.append(point)
    }
    return needs
  }

  /// The command's words.
  ///
  /// - Parameter folder: the path of an earlier point's folder
  public func arguments(folder: (Int) -> String) -> [String] {
    var (places, options) = ([String](), [String]())
    for value in values {
      let words = value.words.map { word in
        switch word {
        case .text(let text): text
        case .made(let point, let path): folder(point) + (path.isEmpty ? "" : "/" + path)
        }
      }
      guard let option = value.option else { continue }
      switch value.argument.form {
      case .positional: places += words
      case .flag: options.append(option)
      case .option:
        // A word that begins with a hyphen would be taken for another option.
        for word in words {
          options += word.hasPrefix("-") ? ["\(option)=\(word)"] : [option, word]
        }
      }
    }
    return [command] + places + options
  }
}
