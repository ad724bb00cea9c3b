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
    BertFamily.self,
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
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)`` when none answers to the names
  ///   in its configuration.
  public static func family(of folder: ModelFolder) throws -> any ModelFamily.Type {
    let configuration = folder.configuration
    guard let family = try all.first(where: { try $0.answers(to: configuration) }) else {
      throw ModelError.unknownArchitecture(
        path: configuration.path, found: try folder.architectureName(),
        known: all.flatMap { $0.names })
    }
    return family
  }

  /// The family of a GGUF file.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)`` when none answers to its name;
  ///   `CheckpointError` when it has none.
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
  /// - Throws: as ``family(of:)``; `CheckpointError` or ``ModelError`` naming the file, the field
  ///   or tensor.
  public static func architecture(in folder: ModelFolder) throws -> any Architecture {
    let family = try family(of: folder)
    return try family.reading(folder, family.read)
  }

  /// Reads the architecture in a GGUF file. A key of the architecture's and a tensor that the family
  /// doesn't understand are refused.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)`` when no family answers to its
  ///   name; `CheckpointError` or ``ModelError`` naming the file, the key or tensor.
  public static func architecture(
    in gguf: GGUFFile, weights: WeightForm = .stored
  ) throws -> any Architecture {
    let family = try family(of: gguf)
    return try family.reading(gguf) { try family.read(gguf, weights: weights) }
  }
}
