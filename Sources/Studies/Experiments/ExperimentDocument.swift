import Foundation
import InterchangeBasics
import InterchangeDocuments

/// An experiment as a document: a model, shared options, and steps, each a command with its
/// options.
///
/// ```yaml
/// model: SmolLM2-135M-Instruct.Q4_1.gguf
/// task: agreement
/// steps:
///   - sweep: {limit: 20}
///   - das: {layers: 20-29, ranks: [1, 2, 4], seeds: 3}
/// ```
///
/// Options have the names of the command line. Lists multiply, under an option's name or its
/// plural; paths are as on the command line, from the folder that one is in.
public struct ExperimentDocument: Sendable {
  /// A command with its options.
  public struct Step: Sendable {
    /// The name by which later steps speak of it: its own, or the command's.
    public let name: String
    /// The command.
    public let command: String
    /// The options after the command.
    let value: DocumentNode
  }

  /// The file, or the name that was given to a text.
  public let source: String
  /// The steps in their order.
  public let steps: [Step]
  /// The document as JSON, by which two are compared.
  public let json: JSONValue
  /// The document as it was written.
  public let text: String
  /// The options of every step that has them.
  let shared: [DocumentNode.Entry]

  /// Reads a file, JSON where its name ends in `.json` and YAML otherwise.
  ///
  /// - Throws: `DocumentError` for a file that can't be read, and as ``init(_:source:)``.
  public init(contentsOf path: String) throws {
    let url = URL(userPath: path)
    let text = try? String(contentsOf: url, encoding: .utf8)
    guard let text else { throw DocumentError(source: path, problem: "no readable file in UTF-8") }
    try self.init(text, source: path)
  }

  /// Reads a text, JSON where the source's name ends in `.json` and YAML otherwise.
  ///
  /// - Throws: `DocumentError` for one without steps, or with steps of another form.
  public init(_ text: String, source: String) throws {
    let node =
      source.lowercased().hasSuffix(".json")
      ? try DocumentNode(json: text, source: source) : try DocumentNode(yaml: text, source: source)
    self.text = text
    let entries = try node.entries("an experiment: a mapping with 'steps'")
    self.source = source
    json = node.json
    let list = try node.required("steps").list("a list of steps, each a command")
    guard !list.isEmpty else {
      throw try node.required("steps").fault("expected one step or more, found none")
    }
    var steps: [Step] = []
    for step in list { steps.append(try Step(step, after: steps)) }
    self.steps = steps
    shared = entries.filter { $0.key != "steps" }
  }
}

extension ExperimentDocument.Step {
  /// Reads a step: `sweep`, or `das: {…}`, with a `name:` of its own beside it if it has one.
  fileprivate init(_ node: DocumentNode, after earlier: [Self]) throws {
    let taken = Set(earlier.map(\.name))
    if let command = node.scalar {
      (self.command, value) = (command, node)
      name = Self.free(command, taken)
      return
    }
    let entries = try node.entries("a command, such as das: {layer: 27}")
    let own = try node["name"]?.text("a name")
    let commands = entries.filter { $0.key != "name" }
    guard commands.count == 1 else {
      throw node.fault(
        "expected one command, such as das: {layer: 27}, found "
          + (commands.isEmpty ? "none" : commands.map(\.key).joined(separator: ", ")))
    }
    (command, value) = (commands[0].key, commands[0].value)
    if let own {
      guard Self.isName(own), !taken.contains(own) else {
        throw node.fault(
          "expected a name of letters, digits and hyphens that no other step has, found \(own)")
      }
      name = own
    } else {
      name = Self.free(command, taken)
    }
  }

  /// A command's name, with a number where an earlier step has it.
  private static func free(_ name: String, _ taken: Set<String>) -> String {
    guard taken.contains(name) else { return name }
    var number = 2
    while taken.contains("\(name)-\(number)") { number += 1 }
    return "\(name)-\(number)"
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.count <= 40
      && text.utf8.allSatisfy {
        $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
      }
  }
}
