import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors

/// A kind of adapter that peft has: a file of its own in this folder, and its name in
/// `PeftFolder/kinds`.
protocol PeftKind: SendableMetatype {
  /// The name in `peft_type`.
  static var name: String { get }

  /// The fields of the configuration that this kind has beside those of every kind.
  static var fields: KnownFields { get }

  /// An adapter of a folder of this kind.
  ///
  /// - Throws: `FineTuningError` or `ModelError` naming what doesn't fit.
  static func adapter(
    _ folder: PeftFolder, _ tensors: AdapterTensors, for base: LanguageModel
  ) throws -> any Adapter

  /// The parts that peft keeps of an adapter; nil for one of another kind.
  ///
  /// - Throws: `FineTuningError` for one of this kind that peft's format can't hold.
  static func contents(_ adapter: any Adapter, of base: LanguageModel) throws -> PeftContents?
}

/// The parts that peft keeps of an adapter.
struct PeftContents {
  /// The fields of this kind, by our spelling of their names; they are written in snake case.
  let fields: any Encodable
  let tensors: [(name: String, tensor: Tensor)]
}

extension PeftKind {
  static func unwritable(_ expected: String, _ found: String) -> FineTuningError {
    .invalidSetting(name: "peft", expected: expected, found: found)
  }
}
