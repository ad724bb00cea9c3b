import Foundation
import InterchangeBasics

/// The indirect objects of MIB (Mueller et al. 2025, arXiv 2504.13151): a folder with `names.json`,
/// `objects.json`, `places.json` and `templates.json`, read as a ``Question``.
///
/// Templates whose article doesn't fit any object (`an {object}`) are left out.
enum MIBNames: PairReader {
  static let form = "MIB's folder of names"

  static func source(at url: URL) throws -> (any PairSource)? {
    let files = ["names", "objects", "places", "templates"]
    guard url.isFolder, files.allSatisfy({ url.appending(component: "\($0).json").exists }) else {
      return nil
    }
    return TaskPairs(try question(url))
  }

  /// The question that the folder's lists make.
  static func question(_ folder: URL) throws -> Question {
    func texts(_ name: String) throws -> [String] {
      let file = try PublishedFile(folder.appending(component: "\(name).json"))
      return try file.texts(file.value, name)
    }
    func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
    let objects = try texts("objects")
    func fits(_ template: String) -> Bool {
      let vowels = objects.count { "aeiou".contains($0.first ?? "x") }
      return !(template.contains(" an {object}") && vowels < objects.count)
        && !(template.contains(" a {object}") && vowels > 0)
    }
    let templates = try texts("templates").filter(fits)
    let gaps = ["name_A", "name_B", "name_C"].filter { gap in
      templates.contains { $0.contains("{\(gap)}") }
    }
    let words = ["name_A": "first", "name_B": "second", "name_C": "subject"]
    let subject = #"if place_of_subject == "first" then first else second"#
    let other = #"if place_of_subject == "first" then second else first"#
    return try Question(
      [
        "question": "mib-ioi",
        "variables": .object([
          .init(key: "first", value: list(try texts("names"))),
          .init(key: "second", value: ["like": "first"]),
          .init(key: "place_of_subject", value: list(["first", "second"])),
          .init(key: "subject", value: .string(subject)),
          .init(key: "indirectObject", value: .string(other)),
          .init(key: "place", value: list(try texts("places"))),
          .init(key: "object", value: list(objects)),
        ]),
        "words": .object(gaps.map { .init(key: $0, value: .string(words[$0] ?? "")) }),
        "templates": list(templates), "answer": #"" " + indirectObject"#,
        "change": .object([
          .init(key: "place_of_subject", value: ["same": list(["first", "second"])]),
          .init(key: "indirectObject", value: .null),
        ]), "same": list(["place", "object"]), "balance": "place_of_subject",
        "group": ["names": list(["first", "second"])],
      ], source: folder.path(percentEncoded: false))
  }
}
