import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

extension LanguageModel {
  /// Writes the folder that this model was read from anew, with changes of its weights, as
  /// transformers reads it: one safetensors file with all tensors in float32, the configuration,
  /// and the other files as they are.
  ///
  /// - Parameter folder: made where it doesn't exist; without a model or an adapter in it
  /// - Throws: ``ModelError`` for a model that isn't as a folder has it, or a change that doesn't
  ///   fit; `CheckpointError` or a file error when something can't be read or written.
  public func write(adding changes: [WeightChange], to folder: URL) throws {
    try requireFitting(changes)
    let source = try requireFolder()
    let files = FileManager.default
    let present = (try? files.contentsOfDirectory(atPath: folder.path)) ?? []
    if let other = present.sorted().first(where: Self.isModelFile) {
      throw ModelError.unreadable(
        path: folder.path, reason: "the folder to write has \(other) already")
    }
    let configuration = try float32Configuration()
    let checkpoint = try source.checkpoint()
    let added = try changes.reduce(into: [String: [WeightChange]]()) { added, change in
      added[try tensorName(of: change, in: checkpoint), default: []].append(change)
    }
    // Tables of indices, which old checkpoints have, are not weights.
    let stored = try checkpoint.names.map { ($0, try checkpoint.tensor(named: $0)) }
      .filter { !$0.1.elementType.isInteger }
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in try files.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
    where Self.isKept(file) {
      let copy = folder.appending(component: file.lastPathComponent)
      try writeAtomically(Data(contentsOf: file), to: copy)
    }
    try Safetensors.write(
      making: stored.map { name, tensor in
        (
          name, tensor.shape,
          {
            added[name, default: []].reduce(tensor.floats()) { sum, change in
              (sum + self.placed(change, in: tensor.shape)).detached
            }
          }
        )
      }, metadata: ["format": "pt"], to: folder.appending(component: "model.safetensors"))
    // Last, so that a folder that wasn't finished isn't taken for a model.
    try writeAtomically(
      Data(configuration.utf8), to: folder.appending(component: "config.json"))
  }

  /// The change of a whole tensor of the file that a change of a projection is.
  private func placed(_ change: WeightChange, in shape: [Int]) -> Tensor {
    architecture.tensorPart(of: change.projection, layer: change.layer)?
      .placed(change.change, in: shape) ?? change.change
  }

  private func requireFolder() throws -> ModelSource {
    guard let source else {
      throw ModelError.notFromFiles(name: name, purpose: "write anew")
    }
    guard isAsRead, url.isFolder else {
      throw ModelError.unreadable(
        path: url.path,
        reason: isAsRead
          ? "only a folder with config.json can be written anew"
          : "its weights are no longer those of the model: only what was read can be written anew")
    }
    return source
  }

  /// The weight that a change is added to, whatever prefix the checkpoint's names have.
  private func tensorName(of change: WeightChange, in checkpoint: any Checkpoint) throws -> String {
    let name = architecture.tensorName(of: change.projection, layer: change.layer)
      .map { $0 + ".weight" }
    guard let name,
      let found = checkpoint.names.first(where: { $0 == name || $0.hasSuffix("." + name) })
    else {
      throw ModelError.unreadable(
        path: url.path,
        reason: "no tensor is the \(change.projection.rawValue) of layer \(change.layer)")
    }
    return found
  }

  /// Tells whether a file goes along: texts of the model and its tokenizer, no weights.
  private static func isKept(_ file: URL) -> Bool {
    let isText = ["json", "txt", "jinja", "model", "md"].contains(file.pathExtension)
    return isText && !isModelFile(file.lastPathComponent)
  }

  /// Tells whether a file says what a folder holds, or is what it holds.
  private static func isModelFile(_ name: String) -> Bool {
    ["config.json", "adapter_config.json"].contains(name)
      || [".safetensors", ".bin", ".index.json"].contains { name.hasSuffix($0) }
  }

  /// The configuration's text, which says that the weights are float32.
  private func float32Configuration() throws -> String {
    let path = url.appending(component: "config.json")
    let text = try String(contentsOf: path, encoding: .utf8)
    guard !text.contains("\"quantization_config\"") else {
      throw ModelError.unreadable(
        path: path.path,
        reason: "its weights are quantized, as quantization_config says: merge into the folder "
          + "that it was quantized from, or use the adapter without merging it")
    }
    return text.replacing(/"(?<key>torch_dtype|dtype)"\s*:\s*"[^"]*"/) {
      "\"\($0.output.key)\": \"float32\""
    }
  }
}
