import Interventions
import Models
import Tensors

/// An intervention on the prompt's positions at a site.
public struct PlacedIntervention {
  public let site: Site
  public let intervention: any Intervention

  /// An intervention without sources (a learned one) at a site.
  public init(_ intervention: any Intervention, at site: Site) {
    precondition(intervention.sourceCount == 0, "PlacedIntervention: expected no sources")
    (self.intervention, self.site) = (intervention, site)
  }
}

/// A frozen language model with interventions on its prompts' positions.
public final class AdaptedModel {
  public let base: LanguageModel
  public let interventions: [PlacedIntervention]

  /// - Throws: ``ModelError`` for a site that the model lacks, ``InterventionError`` for another width.
  public init(_ base: LanguageModel, _ interventions: [PlacedIntervention]) throws {
    (self.base, self.interventions) = (base, interventions)
    for placed in interventions {
      let width = try base.model.width(of: placed.site)
      if let loreft = placed.intervention as? LoReFT, loreft.rotation.width != width {
        throw InterventionError.widthMismatch(
          name: placed.site.description, expected: loreft.rotation.width, found: width)
      }
    }
  }

  /// What training changes.
  public var parameters: [Parameter] { interventions.flatMap { $0.intervention.parameters } }

  /// The edits for prompts of these lengths.
  ///
  /// - Throws: ``ModelError/positionOutOfRange(position:length:)`` for a prompt that is too short,
  ///   ``FineTuningError/overlap(first:second:)`` when two interventions meet.
  public func edits(promptLengths: [Int]) throws -> [Edit] {
    var edits: [Edit] = []
    for placed in interventions {
      let positions = try promptLengths.map { try placed.site.positions.resolved(length: $0) }
      edits.append(
        Edit(Cells(placed.site, positions: positions)) {
          placed.intervention($0, sources: [])
        })
    }
    for (index, edit) in edits.enumerated() {
      for (other, earlier) in edits[..<index].enumerated() where edit.cells.meets(earlier.cells) {
        throw FineTuningError.overlap(
          first: interventions[other].site.description,
          second: interventions[index].site.description)
      }
    }
    return edits
  }

  /// The logits of each prompt's last position: [prompts, outputs].
  ///
  /// - Throws: ``ModelError`` when a prompt is empty or too short for the positions.
  public func lastLogits(_ prompts: [[Int]], store: ActivationStore? = nil) throws -> Tensor {
    let edits = try edits(promptLengths: prompts.map(\.count))
    return try base.model.run(.lastLogits(prompts.map { .tokens($0) }, edits: edits), store: store)
      .logits!
  }

  /// Continues prompts with the interventions on; the prompts' positions are edited once and decoding
  /// goes on from the key/value store.
  ///
  /// - Throws: ``ModelError`` when a prompt is empty or too short for the positions.
  public func generate(
    _ prompts: [[Int]], options: GenerationOptions = GenerationOptions(),
    onToken: (Int, Int) -> Void = { _, _ in }
  ) throws -> [[Int]] {
    try base.model.generate(
      prompts, options: options, edits: try edits(promptLengths: prompts.map(\.count)),
      onToken: onToken)
  }
}

extension Cells {
  /// Whether two edits touch the same numbers.
  func meets(_ other: Cells) -> Bool {
    component == other.component && layer == other.layer
      && (head == nil || other.head == nil || head == other.head)
      && zip(positions, other.positions).contains { !Set($0).isDisjoint(with: $1) }
  }
}
