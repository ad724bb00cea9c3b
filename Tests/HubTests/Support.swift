import Foundation
import InterchangeBasics
import InterchangeHub
import InterchangeTestSupport
import Synchronization
import Testing

/// A hub with one repository, and an empty cache.
final class Bench: Sendable {
  static let commit = "0123456789abcdef0123456789abcdef01234567"
  /// A model's files, and others that it doesn't need.
  static let files: [String: Data] = [
    "config.json": Data("{\"model_type\": \"llama\"}".utf8),
    "generation_config.json": Data("{}".utf8),
    "tokenizer.json": Data("{\"version\": \"1.0\"}".utf8),
    "model.safetensors": bytes(70_001), "pytorch_model.bin": bytes(900),
    "flax_model.msgpack": bytes(10), "tf_model.h5": bytes(10), "onnx/model.onnx": bytes(10),
    "original/consolidated.00.pth": bytes(10), "README.md": Data("# A model".utf8),
    ".gitattributes": Data("*.bin filter=lfs".utf8), "model.fp16.safetensors": bytes(20),
  ]
  static let needed = [
    "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
  ]

  let server: HubServer
  let cache: URL
  private let folder: TemporaryFolder
  private let told = Mutex<[String]>([])

  init(
    _ files: [String: Data] = Bench.files, large: Set<String> = ["model.safetensors"]
  ) throws {
    server = try HubServer([
      HubServer.Repository("org/tiny", commit: Self.commit, files: files, large: large)
    ])
    folder = try TemporaryFolder()
    cache = folder.url.appending(component: "hub")
  }

  /// Bytes that differ from place to place.
  static func bytes(_ count: Int) -> Data {
    Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) })
  }

  var repository: URL { cache.appending(component: "models--org--tiny") }
  var snapshot: URL { repository.appending(components: "snapshots", Self.commit) }
  var notes: [String] { told.withLock { $0 } }

  /// The paths below a folder of the repository, without folders.
  func paths(_ component: String) throws -> [String] {
    let folder = repository.appending(component: component)
    guard folder.exists else { return [] }
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
      !folder.appending(path: $0).isFolder
    }.sorted()
  }

  @discardableResult
  func fetch(
    _ name: String = "org/tiny", _ patterns: [String] = [], environment: [String: String] = [:],
    pieceLength: Int? = nil, timeout: TimeInterval? = nil
  ) throws -> FetchedFiles {
    let variables = [
      "HF_HUB_CACHE": cache.path, "HF_ENDPOINT": server.address(), "HF_HOME": "/nowhere",
    ]
    let settings = HubSettings(environment: variables.merging(environment) { $1 })
    let name = try #require(HubName(name))
    return try HubFetch(settings).with(pause: 0.01, pieceLength: pieceLength, timeout: timeout)
      .files(of: name, patterns: patterns) { progress in
        if case .note(let note) = progress { told.withLock { $0.append(note) } }
      }
  }

  func model(_ name: String) throws -> CachedModel {
    try HubCache(cache).model(#require(HubName(name)))
  }

  /// The words and the kind of the error of a fetch.
  func fault(_ name: String = "org/tiny", _ patterns: [String] = []) -> String {
    message { try fetch(name, patterns) }
  }
}

/// True the first time that it is asked.
final class Once: Sendable {
  private let wasAsked = Mutex(false)

  var isFirst: Bool {
    wasAsked.withLock { wasAsked in
      defer { wasAsked = true }
      return !wasAsked
    }
  }
}

/// The words of the error that is thrown, with the exit code's kind.
func message(_ body: () throws -> some Any) -> String {
  do {
    _ = try body()
    return "nothing thrown"
  } catch let error as any ClassifiedError {
    return "\(error.failure): \(error)"
  } catch {
    return "unclassified: \(error)"
  }
}
