import Interventions
import Models
import Tensors

/// An intervention without sources (a learned or a given one) at a site.
public struct PlacedIntervention {
  public let site: Site
  public let intervention: any Intervention
  /// The share of the edit's numbers that training leaves out, fresh every step; of the edit, never of
  /// the hidden vector itself.
  public let dropout: Double

  /// - Parameter dropout: 0 to below 1; above 0 only for an additive intervention
  public init(_ intervention: any Intervention, at site: Site, dropout: Double = 0) {
    precondition(intervention.sourceCount == 0, "PlacedIntervention: expected no sources")
    precondition(
      (0..<1).contains(dropout) && (dropout == 0 || intervention is any AdditiveIntervention),
      "PlacedIntervention: dropout \(dropout)")
    (self.intervention, self.site, self.dropout) = (intervention, site, dropout)
  }

  func transform(_ noise: TrainingNoise?) -> (Tensor) -> Tensor {
    guard let noise, dropout > 0, let additive = intervention as? any AdditiveIntervention else {
      return { [intervention] in intervention($0, sources: []) }
    }
    return { [dropout] in $0 + noise.dropout(additive.change(of: $0), rate: dropout) }
  }

  /// The cells for sequences: positions are the prompt's, but ``Positions/every`` goes on after it.
  func cells(_ request: Request, promptLengths: [Int]) throws -> Cells {
    let positions = try promptLengths.enumerated().map { sequence, promptLength in
      let length = site.positions == .every ? request.inputs[sequence].length : promptLength
      let start = request.caches?[sequence].count ?? 0
      return try site.positions.resolved(length: length).filter { $0 >= start }
    }
    return Cells(site, positions: positions)
  }
}

/// Interventions on the hidden vectors of a frozen model: the ReFT family, RED, steering.
public final class InterventionAdapter: Adapter {
  public let interventions: [PlacedIntervention]

  public init(_ interventions: [PlacedIntervention]) { self.interventions = interventions }

  public static var kind: String { "interventions" }

  public var method: String {
    var names: [String] = []
    for name in interventions.map(\.intervention.name) where !names.contains(name) {
      names.append(name)
    }
    return names.joined(separator: "+")
  }

  public var parameters: [Parameter] { interventions.flatMap(\.intervention.parameters).unique }
  public var orthonormalParameters: [Parameter] {
    interventions.flatMap(\.intervention.orthonormalParameters).unique
  }

  public func validate(for model: Model) throws {
    for placed in interventions {
      let width = try model.width(of: placed.site)
      if let made = (placed.intervention as? any AdditiveIntervention)?.width, made != width {
        throw InterventionError.widthMismatch(
          name: placed.site.description, expected: made, found: width)
      }
    }
  }

  /// - Throws: ``FineTuningError/overlap(first:second:)`` when two of the interventions meet.
  public func contribute(
    to request: inout Request, promptLengths: [Int], noise: TrainingNoise?
  ) throws {
    var placedCells: [(placed: PlacedIntervention, cells: Cells)] = []
    for placed in interventions {
      let cells = try placed.cells(request, promptLengths: promptLengths)
      if let other = placedCells.first(where: { $0.cells.meets(cells) }) {
        throw FineTuningError.overlap(
          first: other.placed.site.description, second: placed.site.description)
      }
      placedCells.append((placed, cells))
    }
    for (placed, cells) in placedCells where cells.count > 0 {
      request.edits.append(Edit(cells, transform: placed.transform(noise)))
    }
  }
}

extension Cells {
  /// Whether two edits touch the same numbers.
  fileprivate func meets(_ other: Cells) -> Bool {
    component == other.component && layer == other.layer
      && (head == nil || other.head == nil || head == other.head)
      && zip(positions, other.positions).contains { !Set($0).isDisjoint(with: $1) }
  }
}

extension [Parameter] {
  /// Each parameter once, in order.
  fileprivate var unique: [Parameter] {
    var seen: Set<ObjectIdentifier> = []
    return filter { seen.insert(ObjectIdentifier($0)).inserted }
  }
}
