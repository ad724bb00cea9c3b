import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics
import InterchangeHub

/// `interchange fetch`: a model from the hub into the cache.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Download a model into the Hugging Face cache.",
    discussion: """
      Only the files that a model needs: its configuration, its tokenizer, and its weights in one form; of a \
      repository of GGUF files the one that is named, by NAME:FILE or NAME:QUANTIZATION. Sizes and hashes are \
      checked. What was fetched before is kept, and a fetch that was stopped goes on where it was. \
      HF_ENDPOINT is another hub than huggingface.co, HF_TOKEN a token for private and gated models.
      """)

  @Argument(help: "A name such as gpt2 or google/gemma-2-2b; @REVISION or :FILE may follow.")
  var name: String
  @Option(
    name: .customLong("file"),
    help: ArgumentHelp(
      "A shell's pattern of files to fetch in the place of those that a model needs.",
      valueName: "pattern"))
  var patterns: [String] = []
  @Option(help: ArgumentHelp("Another folder than that of huggingface_hub.", valueName: "dir"))
  var cache: String?
  @Flag(help: "Print one JSON document on standard output; progress goes to standard error.")
  var json = false

  private struct Fetched: Encodable {
    let name: String
    let revision: String
    let commit: String
    let folder: String
    let files: [FetchedFiles.File]
  }

  func run() throws {
    guard let model = HubName(name) else { throw HubError.invalidName(name) }
    var current: (file: String, line: ProgressLine)?
    let fetch = try HubFetch(cache: cache.map { URL(userPath: $0) })
    let fetched = try fetch.files(of: model, patterns: patterns) { progress in
      switch progress {
      case .note(let text): Output.note(text)
      case .bytes(let file, let done, let total):
        if current?.file != file { current = (file, ProgressLine(file, count: byteCount)) }
        current?.line.update(done, of: total)
      }
    }
    let new = fetched.files.filter(\.isNew)
    Output.note(
      new.isEmpty
        ? "nothing to fetch: all \(fetched.files.count) files are there"
        : "fetched \(new.count) of \(fetched.files.count) files, "
          + byteCount(new.reduce(0) { $0 + $1.size }))
    if let cache { Output.note("HF_HUB_CACHE=\(cache) makes commands find it by its name") }
    if json {
      return try Output.print(
        json: Fetched(
          name: fetched.repository, revision: fetched.revision, commit: fetched.commit,
          folder: fetched.url.path, files: fetched.files))
    }
    Output.print(fetched.url.path)
  }
}
