import ArgumentParser
import Foundation
import Interchange
import InterchangeHub

/// `interchange models`: what is in the cache.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the models in the Hugging Face cache, and which of them can be read.",
    discussion: """
      The cache is where huggingface_hub has it: HF_HUB_CACHE, or hub in HF_HOME, or \
      ~/.cache/huggingface/hub. Only configurations and the headers of files are read.
      """)

  @Flag(help: "Print one JSON document on standard output; progress goes to standard error.")
  var json = false

  private struct Listing: Encodable {
    let cache: String
    let models: [CachedModelSummary]
  }

  func run() throws {
    let cache = HubCache()
    let models = CachedModelSummary.all(in: cache)
    if json { return try Output.print(json: Listing(cache: cache.url.path, models: models)) }
    guard !models.isEmpty else { return Output.print("no models in \(cache.url.path)") }
    Output.print(
      ResultTable(
        header: ["model", "revision", "commit", "size", "architecture", "can be read"],
        rows: models.map { model in
          [
            model.name, model.references.isEmpty ? "-" : model.references.joined(separator: ", "),
            model.commit.map { String($0.prefix(8)) } ?? "-", byteCount(model.bytes),
            model.architecture ?? "-",
            model.refusal.map { "no: \(reason($0, of: model))" } ?? "yes",
          ]
        }))
  }

  /// A refusal without the folder that it begins with.
  private func reason(_ refusal: String, of model: CachedModelSummary) -> String {
    guard refusal.hasPrefix(model.path) else { return refusal }
    return String(refusal.dropFirst(model.path.count).drop { "/: ".contains($0) })
  }
}
