import Foundation
import InterchangeBasics
import InterchangeDocuments

/// CausalGym (Arora, Jurafsky and Potts 2024, arXiv 2402.12560): templates whose label is a class of
/// words, as in its `data.json`.
///
/// Each task of the file is a variable, such as `gender_basic`; it is read as a ``Question``.
public struct CausalGym: PairSource, PairReader {
  public static let form = "CausalGym's data.json"

  public let name = "causalgym"
  public let variables: [String]
  /// The tasks as questions, in the file's order.
  public let questions: [Question]

  public static func source(at url: URL) throws -> (any PairSource)? {
    guard url.pathExtension == "json", !url.isFolder,
      let beginning = try? FileHandle(forReadingFrom: url).read(upToCount: 4096),
      beginning.range(of: Data(#""label_prepend_space""#.utf8)) != nil
    else { return nil }
    return try CausalGym(url)
  }

  private init(_ url: URL) throws {
    let file = try PublishedFile(url)
    var questions: [Question] = []
    for task in try file.members(file.value, "tasks") {
      questions.append(try Self.question(task.key, task.value, file))
    }
    guard !questions.isEmpty else { throw file.fault("there is no task") }
    self.questions = questions
    variables = questions.map(\.name)
  }

  private static func question(
    _ name: String, _ task: JSONValue, _ file: PublishedFile
  ) throws -> Question {
    let known = ["templates", "label", "label_prepend_space", "variables", "result_prepend_space"]
    for member in try file.members(task, name) where !known.contains(member.key) {
      throw file.fault("\(name): '\(member.key)' isn't understood")
    }
    let label = try file.text(task["label"], "\(name).label")
    let variables = try file.members(task["variables"] ?? .null, "\(name).variables")
    guard let classes = variables.first(where: { $0.key == label })?.value.members else {
      throw file.fault("\(name): expected the classes of '\(label)' among its variables")
    }
    // Some words are there twice.
    let different = classes.map { group in
      JSONValue.Member(
        key: group.key,
        value: .array(
          (group.value.array ?? []).reduce(into: []) { list, word in
            if !list.contains(word) { list.append(word) }
          }))
    }
    let document: JSONValue = .object([
      .init(key: "question", value: .string(name)),
      .init(
        key: "variables",
        value: .object(
          variables.map { variable in
            .init(
              key: variable.key,
              value: variable.key == label ? ["label": .object(different)] : variable.value)
          })),
      .init(key: "templates", value: task["templates"] ?? .array([])),
      .init(key: "answer", value: #"" " + label"#),
      .init(key: "answers", value: .array(classes.map { .string(" " + $0.key) })),
      .init(key: "change", value: "label"),
      .init(
        key: "same",
        value: .array(variables.map(\.key).filter { $0 != label }.map(JSONValue.string))),
      .init(key: "group", value: .object([.init(key: "words", value: .string(label))])),
    ])
    return try Question(document, source: "\(file.path): \(name)")
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    var own = wish
    own.variable = nil
    var parts = try TaskPairs(questions[variables.firstIndex(of: variable) ?? 0]).parts(own)
    parts.variable = variable
    return parts
  }
}
