import Foundation
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors

/// A form in which another tool keeps sparse autoencoders: which tensors and settings it has, and
/// what they mean.
public protocol SparseAutoencoderLayout: SendableMetatype {
  /// The tool's name.
  static var name: String { get }
  /// True for a file of this form.
  static func isLayout(_ file: SparseAutoencoderFile) -> Bool
  /// The autoencoder.
  ///
  /// - Throws: `CheckpointError` naming a tensor or setting that is missing or not understood.
  static func read(_ file: SparseAutoencoderFile) throws -> SparseAutoencoder
}

/// The forms of sparse autoencoders that are read.
public enum SparseAutoencoderLayouts {
  /// Every form, in the order in which they are tried.
  public static let all: [any SparseAutoencoderLayout.Type] = [
    SparsifyLayout.self, DictionaryLearningLayout.self, SAELensLayout.self, GemmaScopeLayout.self,
  ]
}

/// The tensors and the settings of a sparse autoencoder, as a file or a folder has them.
public struct SparseAutoencoderFile: Sendable {
  /// The tensors.
  public let tensors: any Checkpoint
  /// `cfg.json` or `config.json` beside them; nil where there is none.
  public let settings: ModelConfiguration?

  /// The file of the tensors, as errors name it.
  public var path: String { tensors.path }

  /// Maps a file of tensors (safetensors, npz, or one of torch's), or the only one of a folder, and
  /// the settings beside it.
  ///
  /// - Throws: `CheckpointError` when there is none, or one that can't be read.
  public init(contentsOf url: URL) throws {
    let file = try Self.tensorFile(url)
    switch file.pathExtension {
    case "npz": tensors = try NumPyArchive(contentsOf: file)
    case "pt", "pth", "bin": tensors = try TorchArchive(contentsOf: file)
    default: tensors = try SafetensorsFile(contentsOf: file)
    }
    let folder = file.deletingLastPathComponent()
    settings = try ["cfg.json", "config.json"].map { folder.appending(component: $0) }
      .first { FileManager.default.fileExists(atPath: $0.path(percentEncoded: false)) }
      .map { try ModelConfiguration(contentsOf: $0) }
  }

  private static let endings = ["safetensors", "npz", "pt", "pth", "bin"]

  /// The file of tensors: the file itself, or of a folder the only one but those of statistics.
  private static func tensorFile(_ url: URL) throws -> URL {
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return url }
    let files =
      try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
      .filter {
        endings.contains($0.pathExtension) && $0.lastPathComponent != "sparsity.safetensors"
      }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    guard files.count == 1 else {
      throw CheckpointError.malformed(
        file: path, place: "folder",
        expected: "one file of tensors (.safetensors, .npz, .pt), or give the file itself",
        found: files.isEmpty
          ? "none" : files.map(\.lastPathComponent).joined(separator: ", "))
    }
    return files[0]
  }

  /// A matrix or vector by its name.
  ///
  /// - Throws: `CheckpointError` when it is missing.
  public func tensor(_ name: String) throws -> Tensor { try tensors.tensor(named: name).floats() }

  /// Tells whether there is a tensor of every one of some names.
  public func contains(_ names: String...) -> Bool { names.allSatisfy(tensors.contains) }

  /// The error of a setting or tensor that isn't understood.
  public func malformed(_ place: String, expected: String, found: String) -> CheckpointError {
    .malformed(file: settings?.path ?? path, place: place, expected: expected, found: found)
  }

  /// Refuses tensors that nobody reads.
  ///
  /// - Throws: `CheckpointError` naming the first.
  public func checkNames(_ known: [String]) throws {
    guard let other = tensors.names.first(where: { !known.contains($0) }) else { return }
    throw CheckpointError.malformed(
      file: path, place: "tensor \"\(other)\"",
      expected: "none but \(known.joined(separator: ", ")), as what it changes is not known here",
      found: "it")
  }
}

extension SparseAutoencoder {
  /// Reads an autoencoder or a transcoder in one of the forms of `SparseAutoencoderLayouts`.
  ///
  /// ```
  /// let (autoencoder, layout) = try SparseAutoencoder.read(
  ///   contentsOf: URL(filePath: "gemma-scope/params.npz"))
  /// ```
  ///
  /// - Throws: `CheckpointError` or `InterventionError` naming the tensor or the setting that is
  ///   missing, doesn't fit, or isn't understood.
  public static func read(contentsOf url: URL) throws -> (SparseAutoencoder, layout: String) {
    let file = try SparseAutoencoderFile(contentsOf: url)
    guard let layout = SparseAutoencoderLayouts.all.first(where: { $0.isLayout(file) }) else {
      throw CheckpointError.malformed(
        file: file.path, place: "tensors",
        expected: "those of a sparse autoencoder of "
          + SparseAutoencoderLayouts.all.map { $0.name }.joined(separator: ", "),
        found: file.tensors.names.prefix(6).joined(separator: ", ")
          + (file.tensors.names.count > 6 ? ", …" : ""))
    }
    return (try layout.read(file), layout.name)
  }
}
