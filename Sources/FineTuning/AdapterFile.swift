import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors

/// The record in an adapter's file, beside its tensors.
public struct AdapterRecord: Codable, Sendable {
  static let currentFormat = "interchange-adapter-2"

  public private(set) var format = currentFormat
  /// The kind of adapter, such as `interventions`.
  public let kind: String
  /// The method's name.
  public let method: String
  /// The hash of the base model's weights.
  public let base: String
  /// The seed of the training run, when there was one.
  public var seed: UInt64?
  /// The optimiser steps taken, when it was trained.
  public var steps: Int?
  /// The version of the program that wrote it.
  public var writer: String?
}

/// The tensors of an adapter's file, each to be asked for by name and shape.
public final class AdapterTensors {
  private let file: any Checkpoint
  private var asked: Set<String> = []

  /// The tensors of a file, none of them asked for.
  public init(_ file: any Checkpoint) { self.file = file }

  /// An error that names the file and a field.
  public func invalid(
    _ field: String, _ expected: String, _ found: String
  ) -> FineTuningError {
    .invalidAdapter(path: file.path, field: field, expected: expected, found: found)
  }

  /// A tensor of a shape.
  ///
  /// - Throws: `CheckpointError` when it is missing, ``FineTuningError`` for another shape or
  ///   numbers that are none.
  public func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    asked.insert(name)
    let stored = try file.tensor(named: name)
    guard stored.shape == shape else {
      throw invalid("tensor \(name)", "shape \(shape)", "\(stored.shape)")
    }
    let tensor = stored.floats()
    if let (index, value) = tensor.firstNonFinite {
      throw invalid("tensor \(name)", "finite numbers", "\(value) at element \(index)")
    }
    return tensor
  }

  /// Refuses a file that holds more than was asked for.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` naming the tensor.
  public func requireAllRead() throws {
    if let name = file.names.first(where: { !asked.contains($0) }) {
      throw invalid("tensor \(name)", "no such tensor in an adapter of this kind", "one")
    }
  }
}

/// The files of adapters: one safetensors file in a folder, with the identity of the base model.
public enum AdapterFile {
  public static let name = "adapter.safetensors"
  /// The kinds of adapters that can be read.
  static var kinds: [any Adapter.Type] {
    [InterventionAdapter.self, SoftTokens.self, LabelHead.self]
  }
  /// The file of a head, beside that of the adapter that it was trained with.
  public static let headName = "head.safetensors"

  /// Writes an adapter with the identity of its base model.
  ///
  /// - Parameters:
  ///   - folder: made when it doesn't exist
  ///   - seed: that of the training run
  ///   - steps: how many it took
  ///   - writer: the version of the program
  ///   - name: the file's
  /// - Throws: `CheckpointError` when it can't be written,
  ///   ``FineTuningError/unwritable(name:reason:)`` for an intervention that has no file form or
  ///   isn't registered.
  public static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL, seed: UInt64? = nil,
    steps: Int? = nil, writer: String? = nil, name: String = name
  ) throws {
    // Before a folder is made: whatever has no file form is refused here.
    let configuration = try adapter.configuration()
    let record = AdapterRecord(
      kind: type(of: adapter).kind, method: adapter.method, base: try base.identity(), seed: seed,
      steps: steps, writer: writer)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Safetensors.write(
      adapter.tensors,
      metadata: [
        "interchange": String(decoding: try encoded(record), as: UTF8.self),
        "configuration": String(decoding: configuration, as: UTF8.self),
      ], to: folder.appending(component: name))
  }

  /// A record as files have it: JSON with sorted keys, the same bytes each time.
  static func encoded(_ record: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return try encoder.encode(record)
  }

  /// Reads an adapter that ``write(_:of:to:seed:steps:writer:name:)`` wrote, for the same base
  /// model.
  ///
  /// - Parameter path: the folder, or the file itself
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` naming what doesn't
  ///   fit, or `CheckpointError` when the file can't be read.
  public static func read(
    contentsOf path: String, base: LanguageModel
  ) throws -> (adapter: any Adapter, record: AdapterRecord) {
    let url = URL(userPath: path)
    let isFile = url.pathExtension == "safetensors"
    let file = try SafetensorsFile(contentsOf: isFile ? url : url.appending(component: name))
    let tensors = AdapterTensors(file)
    guard let json = file.metadata["interchange"],
      let record = try? JSONDecoder().decode(AdapterRecord.self, from: Data(json.utf8)),
      record.format == AdapterRecord.currentFormat
    else {
      throw tensors.invalid(
        "metadata", "a record of format \(AdapterRecord.currentFormat)", "none")
    }
    let identity = try base.identity()
    guard record.base == identity else {
      throw tensors.invalid("base model", "\(record.base), which it was trained on", identity)
    }
    guard let kind = kinds.first(where: { $0.kind == record.kind }) else {
      throw tensors.invalid(
        "kind", kinds.map { $0.kind }.joined(separator: " or "), record.kind)
    }
    let adapter = try kind.init(
      configuration: Data((file.metadata["configuration"] ?? "").utf8), tensors: tensors,
      base: base)
    try tensors.requireAllRead()
    try adapter.validate(for: base.network)
    return (adapter, record)
  }
}

extension AdaptedModel {
  /// Writes the adapter of a model that has one, and the head beside it.
  ///
  /// - Throws: as ``AdapterFile/write(_:of:to:seed:steps:writer:name:)``;
  ///   ``FineTuningError/unwritable(name:reason:)`` for several adapters.
  public func write(
    to folder: URL, seed: UInt64? = nil, steps: Int? = nil, writer: String? = nil
  ) throws {
    let others = adapters.filter { !($0 is LabelHead) }
    guard others.count <= 1 else {
      throw FineTuningError.unwritable(
        name: others.map(\.method).joined(separator: " and "),
        reason: "a file holds one adapter, these are \(others.count)")
    }
    for adapter in others {
      try AdapterFile.write(
        adapter, of: base, to: folder, seed: seed, steps: steps, writer: writer)
    }
    guard let head else {
      // One of an earlier model would be read as this one's.
      unlink(folder.appending(component: AdapterFile.headName).path(percentEncoded: false))
      return
    }
    try AdapterFile.write(
      head, of: base, to: folder, seed: seed, steps: steps, writer: writer,
      name: AdapterFile.headName)
  }

  /// Reads adapters for the same base model, heads among them, to be applied in this order.
  ///
  /// - Parameter foreign: the forms of other tools that are taken too
  /// - Throws: as ``AdapterFile/read(contentsOf:base:)``.
  public convenience init(
    contentsOf paths: [String], base: LanguageModel, foreign: [any ForeignAdapter.Type] = []
  ) throws {
    try self.init(
      base,
      adapters: paths.flatMap { path -> [any Adapter] in
        let url = URL(userPath: path)
        if let form = foreign.first(where: { $0.isFolder(url) }) {
          return [try form.adapter(contentsOf: url, for: base)]
        }
        let head = url.appending(component: AdapterFile.headName).path(percentEncoded: false)
        let names = FileManager.default.fileExists(atPath: head) ? [path, head] : [path]
        return try names.map { try AdapterFile.read(contentsOf: $0, base: base).adapter }
      })
  }

  /// Reads an adapter for the same base model.
  ///
  /// - Parameter foreign: the forms of other tools that are taken too
  /// - Throws: as ``AdapterFile/read(contentsOf:base:)``.
  public convenience init(
    contentsOf path: String, base: LanguageModel, foreign: [any ForeignAdapter.Type] = []
  ) throws {
    try self.init(contentsOf: [path], base: base, foreign: foreign)
  }
}
