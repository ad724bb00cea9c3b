import Foundation
import InterchangeBasics

/// The experiment that a folder belongs to: its document, the files that it reads, and the points
/// that its lists make; `experiment.json` in the folder.
struct ExperimentManifest: Codable, Sendable {
  /// A point with its options.
  struct Point: Codable, Sendable {
    let name: String
    let step: String
    let command: String
    let options: [ExperimentResult.Option]
    /// The hash of all that decides its numbers.
    let key: String
  }

  static let fileName = "experiment.json"

  let version: String
  /// The document's file.
  let source: String
  /// The document as it was written.
  let document: String
  let inputs: ExperimentInputs
  let points: [Point]

  init(_ plan: ExperimentPlan, _ inputs: ExperimentInputs) {
    version = interchangeVersion
    (source, document) = (plan.document.source, plan.document.text)
    self.inputs = inputs
    let keys = plan.keys(inputs)
    points = plan.points.map { point in
      let options = point.values.map { value in
        ExperimentResult.Option(
          name: value.argument.name,
          values: value.words.map { word in
            switch word {
            case .text(let text): text
            case .made(let other, let path):
              plan.points[other].name + (path.isEmpty ? "" : "/" + path)
            }
          }, varies: value.isAxis)
      }
      return Point(
        name: point.name, step: point.step, command: point.command, options: options,
        key: keys[point.index])
    }
  }

  /// Reads the manifest of a folder; nil where there is none.
  ///
  /// - Throws: ``ExperimentError`` for a file of another form, and for names that lead elsewhere.
  init?(folder: URL) throws {
    let url = folder.appending(component: Self.fileName)
    guard let data = try? Data(contentsOf: url) else { return nil }
    guard let found = try? JSONDecoder.ofRecords.decode(Self.self, from: data),
      found.points.allSatisfy({ Self.isName($0.name) }),
      Set(found.points.map(\.name)).count == found.points.count
    else { throw ExperimentError("\(url.path): not the list of an experiment's points") }
    self = found
  }

  /// A name that is a folder's here, and nothing else's.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\0")
  }

  func write(to folder: URL) throws {
    try writeAtomically(
      JSONEncoder.ofRecords.encode(self), to: folder.appending(component: Self.fileName))
  }

  /// Everything in which another experiment differs, in a line each; empty for the same one.
  func differences(from other: Self) -> [String] {
    comparable.differences(from: other.comparable).map { difference in
      "\(difference.name): \(difference.old) there, \(difference.new) here"
    }
  }

  /// The parts that make it what it is, by their names. What a document says in another order or
  /// form, or in comments, makes no difference.
  private var comparable: JSONValue {
    func object(_ members: [(String, JSONValue)]) -> JSONValue {
      .object(members.map { JSONValue.Member(key: $0.0, value: $0.1) })
    }
    func texts(_ values: [String: String]) -> JSONValue {
      object(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }
    var steps: [(String, JSONValue)] = []
    for point in points where !steps.contains(where: { $0.0 == point.step }) {
      let all = points.filter { $0.step == point.step }
      var options: [(String, JSONValue)] = []
      for name in all.flatMap(\.options).map(\.name)
      where !options.contains(where: { $0.0 == name }) {
        var values: [String] = []
        for option in all.flatMap(\.options) where option.name == name {
          let text = option.values.joined(separator: " ")
          if !values.contains(text) { values.append(text) }
        }
        options.append((name, .string(values.joined(separator: ", "))))
      }
      steps.append((point.step, object([("command", .string(point.command))] + options)))
    }
    return object([
      ("version", .string(version)), ("model", texts(inputs.models)), ("data", texts(inputs.data)),
      ("steps", object(steps)), ("points", .integer(points.count)),
    ])
  }
}
