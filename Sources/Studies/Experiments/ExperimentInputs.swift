import Foundation
import InterchangeBasics
import InterchangeCheckpoints

/// The models and data that an experiment reads, by their contents.
public struct ExperimentInputs: Codable, Equatable, Sendable {
  /// A model's path or name, with the hash of its weights.
  public internal(set) var models: [String: String] = [:]
  /// A file's or a folder's path, with the hash of what is in it.
  public internal(set) var data: [String: String] = [:]

  /// The inputs of all points.
  ///
  /// - Parameter identity: the hash of a model's weights
  /// - Throws: the errors of `identity`; an error about a file that can't be read.
  public init(_ plan: ExperimentPlan, identity: (String) throws -> String) throws {
    for value in plan.points.flatMap(\.values) {
      for case .text(let text) in value.words {
        if value.argument.name == CommandDefinition.model {
          if models[text] == nil { models[text] = try identity(text) }
        } else if value.mayBeFile(text), data[text] == nil {
          data[text] = try Self.identity(of: URL(userPath: text))
        }
      }
    }
  }

  /// The hash of a file, or of the names and contents of a folder's files.
  private static func identity(of url: URL) throws -> String {
    guard url.isFolder else { return try MappedFile(contentsOf: url).identity() }
    let paths = try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted()
    let files = try paths.filter { !url.appending(path: $0).isFolder }.map {
      "\($0) \(try MappedFile(contentsOf: url.appending(path: $0)).identity())"
    }
    return Data(files.joined(separator: "\n").utf8).identity
  }
}

extension ExperimentPoint.Value {
  /// Tells whether a text is the path of something that is there: a task's name is none.
  fileprivate func mayBeFile(_ text: String) -> Bool {
    let isPath =
      argument.isPath || argument.valueName == "name" && text.contains { "/.".contains($0) }
    return isPath && URL(userPath: text).exists
  }
}

extension ExperimentPlan {
  /// A hash of all that decides each point's numbers: version, command, options, the contents of
  /// models and data, and the points whose folders it reads. The number of threads isn't among it.
  func keys(_ inputs: ExperimentInputs, version: String = interchangeVersion) -> [String] {
    var keys: [String] = []
    for point in points {
      let options = point.values.filter { $0.argument.name != "threads" }.map { value in
        let words = value.words.map { word in
          switch word {
          case .text(let text):
            value.argument.name == CommandDefinition.model
              ? inputs.models[text] ?? text : inputs.data[text] ?? text
          case .made(let point, let path): keys[point] + "/" + path
          }
        }
        return ([value.argument.name] + words).map { quoted($0, upTo: .max) }
          .joined(separator: " ")
      }
      let lines = [version, point.command] + options.sorted()
      keys.append(Data(lines.joined(separator: "\n").utf8).identity)
    }
    return keys
  }
}
