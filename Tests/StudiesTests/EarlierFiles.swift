import Foundation
import Interchange
import InterchangeTestSupport

/// The files that version 0.1.0 wrote.
enum Earlier {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(component: "Fixtures")
  static let folder = fixtures.appending(component: "version-0.1.0")

  static func path(_ parts: String...) -> String {
    parts.reduce(folder) { $0.appending(component: $1) }.path
  }

  static func record(_ name: String) throws -> RunRecord {
    try RunRecord(folder: folder.appending(components: "runs", name))
  }

  /// The content of a list of expectations.
  static func expected<T: Decodable>(_ type: T.Type, in part: String) throws -> T {
    let file = folder.appending(components: part, "expected.json")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }

  static func names(in part: String) throws -> Set<String> {
    let entries = try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(component: part).path)
    return Set(entries).subtracting(["expected.json"])
  }
}

/// The tiny models that the files belong to, by the names that the expectations give them.
struct EarlierBase {
  let model: LanguageModel
  /// Weights are mapped from here.
  private let folder: TemporaryFolder?

  init(_ name: String) throws {
    let models = Earlier.fixtures.appending(component: "models")
    guard name == "encoder" else {
      self.folder = nil
      model = try LanguageModel(contentsOf: models.appending(component: name))
      return
    }
    // The fixture of a classifier has no vocabulary of its own.
    let scratch = try TemporaryFolder()
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: models.appending(components: "bert-classifier", file),
        to: scratch.url.appending(component: file))
    }
    try FileManager.default.copyItem(
      atPath: Earlier.path("data", "encoder-vocab.txt"),
      toPath: scratch.url.appending(component: "vocab.txt").path)
    model = try LanguageModel(contentsOf: scratch.url)
    folder = scratch
  }
}
