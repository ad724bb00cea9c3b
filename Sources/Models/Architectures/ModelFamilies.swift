import Foundation
import InterchangeBasics
import InterchangeCheckpoints

/// The families of models that can be read from files.
public enum ModelFamilies {
  /// The families of this package.
  public static let builtIn: [any ModelFamily.Type] = [
    LlamaFamily.self, MistralFamily.self, Qwen2Family.self, Qwen3Family.self, GPT2Family.self,
    GemmaFamily.self, Gemma2Family.self, Gemma3Family.self, GPTNeoXFamily.self, GPTJFamily.self,
    OPTFamily.self, OlmoFamily.self, Olmo2Family.self, GPTNeoFamily.self, PhiFamily.self,
    Phi3Family.self, BloomFamily.self, FalconFamily.self, StableLMFamily.self,
    GraniteFamily.self, CohereFamily.self, Cohere2Family.self, SmolLM3Family.self,
    Starcoder2Family.self, NemotronFamily.self, MixtralFamily.self, Qwen2MoeFamily.self,
    HeliumFamily.self,
    BertFamily.self, DistilBertFamily.self, ElectraFamily.self, AlbertFamily.self,
    ModernBertFamily.self, MPNetFamily.self, DebertaFamily.self,
    T5Family.self, BartFamily.self,
  ]

  private static let registry = Registry<any ModelFamily.Type>(builtIn)

  /// Adds a family from outside this package, once; it is asked after all others.
  public static func register(_ family: any ModelFamily.Type) {
    registry.register(family) { known in !known.contains { $0 == family } }
  }

  /// All families in the order in which they are asked.
  public static var all: [any ModelFamily.Type] { registry.all }

  /// The family of a folder.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:needed:)`` when none answers to
  ///   the names in its configuration.
  public static func family(of folder: ModelFolder) throws -> any ModelFamily.Type {
    let configuration = folder.configuration
    guard let family = try all.first(where: { try $0.answers(to: configuration) }) else {
      let found = try folder.architectureName()
      throw ModelError.unknownArchitecture(
        path: configuration.path, found: found, known: all.flatMap { $0.names },
        needed: neededForNearest(to: found, configuration))
    }
    return family
  }

  /// What reading a configuration as the nearest known architecture would need: the first thing
  /// that is in its way, or a family with its name.
  private static func neededForNearest(
    to name: String, _ configuration: ModelConfiguration
  ) -> String? {
    let families = all.compactMap { $0 as? any TransformerFamily.Type }
    let near = nearNames(to: name, among: families.flatMap { $0.names + $0.modelTypes }).first
    let family = families.first { ($0.names + $0.modelTypes).contains(near ?? "") }
    let nearest: any TransformerFamily.Type = family ?? LlamaFamily.self
    let settings = ModelSettings(.folder(configuration))
    do {
      _ = try nearest.design(settings).validated(path: configuration.path)
      try settings.requireUnderstood(besides: nearest.fields)
      return
        "its settings are those of \(nearest.names[0]): if its arithmetic and tensors are, too, "
        + "it needs a family with its names, one file (CONTRIBUTING.md)"
    } catch {
      let obstacle = "\(error)".replacingOccurrences(of: configuration.path + ": ", with: "")
      return "read as \(nearest.names[0]) it would need: \(obstacle)"
    }
  }

  /// The family of a GGUF file.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:needed:)`` when none answers to
  ///   its name; `CheckpointError` when it has none.
  public static func family(of gguf: GGUFFile) throws -> any ModelFamily.Type {
    let name: String = try gguf.value("general.architecture")
    guard let family = all.first(where: { $0.ggufNames.contains(name) }) else {
      throw ModelError.unknownArchitecture(
        path: gguf.path, found: name, known: all.flatMap { $0.ggufNames })
    }
    return family
  }

  /// Reads the architecture in a folder. A field of the configuration and a tensor that the family
  /// doesn't understand are refused.
  ///
  /// - Throws: as ``family(of:)-(ModelFolder)``; `CheckpointError` or ``ModelError`` naming the
  ///   file, the field or tensor.
  public static func architecture(in folder: ModelFolder) throws -> any Architecture {
    let family = try family(of: folder)
    return try family.reading(folder, family.read)
  }

  /// Reads the architecture in a GGUF file. A key of the architecture's and a tensor that the
  /// family doesn't understand are refused.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:needed:)`` when no family answers
  ///   to its name; `CheckpointError` or ``ModelError`` naming the file, the key or tensor.
  public static func architecture(
    in gguf: GGUFFile, weights: WeightForm = .stored
  ) throws -> any Architecture {
    let family = try family(of: gguf)
    return try family.reading(gguf) { try family.read(gguf, weights: weights) }
  }
}
