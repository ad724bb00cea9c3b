import Foundation
import InterchangeBasics

/// A file that `torch.save` wrote, in the zip format that it has since torch 1.6.
///
/// The archive has, in a folder that may have any name:
///
/// 1. `data.pkl`, a pickle: the value, with a reference to a storage and a shape for each tensor.
/// 2. `data/0`, `data/1`…: the storages' bytes.
/// 3. `byteorder`, "little" or "big" (since torch 2.1), and `version`, which this reader needs not
///    know.
///
/// Pickles can call any function of Python. This reader executes nothing: it knows the few names
/// that tensors and dictionaries need and refuses every other. All of the archive but the storages'
/// bytes, and that every tensor lies in its storage, is checked before this value exists; checksums
/// aren't compared.
///
/// As a ``Checkpoint`` it has the tensors of the outermost dictionary, such as a state dictionary;
/// ``value`` has everything.
public struct TorchArchive: Checkpoint {
  /// The mapped file.
  public let file: MappedFile
  /// The saved value.
  public let value: TorchValue
  /// The keys of the outermost dictionary whose values are tensors, in its order.
  public let names: [String]
  private let tensors: [String: TorchTensor]

  /// The file's path, as errors name it.
  public var path: String { file.path }
  /// The one file.
  public var files: [MappedFile] { [file] }

  /// Maps an archive and checks all of its description.
  ///
  /// - Throws: ``CheckpointError`` that names the place in the archive.
  public init(contentsOf url: URL) throws {
    let file = try MappedFile(contentsOf: url)
    let directory = try ZipDirectory(file)
    let suffix = "/data.pkl"
    let pickles = directory.names.filter { $0.hasSuffix(suffix) }
    guard pickles.count == 1, let range = directory.entries[pickles[0]] else {
      throw CheckpointError.malformed(
        file: file.path, place: "archive", expected: "one data.pkl in a folder",
        found: "\(pickles.count)")
    }
    let root = String(pickles[0].dropLast(suffix.count))
    if let order = directory.entries["\(root)/byteorder"], file.text(order) != "little" {
      throw CheckpointError.malformed(
        file: file.path, place: "byteorder", expected: "little",
        found: order.count > 16 ? "\(order.count) bytes" : quoted(file.text(order) ?? "other bytes")
      )
    }
    var machine = Unpickler(
      range, storages: TorchStorages(file: file, root: root, directory: directory))
    let value = try machine.tree(machine.run())
    var names: [String] = []
    var tensors: [String: TorchTensor] = [:]
    if case .dictionary(let entries) = value {
      for case let entry in entries {
        guard case .string(let name) = entry.key, case .tensor(let tensor) = entry.value else {
          continue
        }
        names.append(name)
        tensors[name] = tensor
      }
    }
    self.file = file
    self.value = value
    self.names = names
    self.tensors = tensors
  }

  /// True when there is a tensor of this name.
  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// The tensor of this name, copied when it is a strided view of its storage.
  ///
  /// - Throws: ``CheckpointError`` when there is none, and as ``TorchTensor/stored(as:)``.
  public func tensor(named name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else { throw missingTensor(name) }
    return try tensor.stored(as: name)
  }
}
