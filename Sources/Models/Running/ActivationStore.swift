import Foundation
import InterchangeTensors
import OrderedCollections

/// Keeps base runs of a frozen model, so that an experiment computes only what its edits can change.
///
/// Of each input it keeps just what runs have asked for: residual rows where the cone begins, and keys
/// and values of the positions before it. Inputs that are equal share one record. Records used longest
/// ago go when the memory budget is reached, and are computed again when they are missing. The store
/// belongs to one model: its weights must not change while it is in use.
public final class ActivationStore {
  /// How kept numbers are stored.
  public enum Precision: String, CaseIterable, Sendable, Codable {
    /// Exact.
    case float32
    /// Half the memory; results move by bfloat16's rounding, 3 significant digits of what is kept.
    case bfloat16
  }

  /// A quarter of the machine's memory.
  public static var defaultBudget: Int { Int(ProcessInfo.processInfo.physicalMemory / 4) }

  /// Bytes that the kept rows may take.
  public let budget: Int
  public let precision: Precision
  private var records: [ModelInput: StoredRun] = [:]
  private var reserved: [Site] = []
  private var clock: UInt64 = 0
  /// Bytes of all kept rows.
  public private(set) var byteCount = 0
  /// How many base runs were computed, of how many that were asked for.
  public private(set) var computed = 0
  public private(set) var requested = 0

  /// Positions that a base run takes at a time, over all its sequences.
  private static let batchPositions = 1024

  /// - Parameter budget: bytes that the kept rows may take; ``defaultBudget`` when nil
  public init(budget: Int? = nil, precision: Precision = .float32) {
    self.budget = budget ?? Self.defaultBudget
    self.precision = precision
  }

  /// A store for experiments at some sites of a model whose plain outputs are measured too.
  public convenience init(
    for sites: [Site], budget: Int? = nil, precision: Precision = .float32
  ) {
    self.init(budget: budget, precision: precision)
    reserve(sites)
  }

  /// From now on every base run keeps what experiments at these sites will read, and the row of the
  /// plain output, so that one base run serves them all.
  public func reserve(_ sites: [Site]) {
    reserved += sites.filter { !reserved.contains($0) }
  }

  /// ``reserve(_:)`` for as long as `body` runs.
  public func reserving<R>(_ sites: [Site], _ body: () throws -> R) rethrows -> R {
    let earlier = reserved
    defer { reserved = earlier }
    reserve(sites)
    return try body()
  }

  /// Forgets all records and reservations.
  public func clear() {
    (records, reserved, byteCount) = ([:], [], 0)
  }

  /// Base runs for the inputs of a planned run, computed where they are missing.
  ///
  /// - Throws: ``ModelError/activationBudget(needed:budget:)`` when the inputs alone exceed the budget.
  func records(for inputs: [ModelInput], plan: RowPlan, of model: Model) throws -> [StoredRun] {
    var needed: OrderedDictionary<ModelInput, StoredNeeds> = [:]
    for (sequence, input) in inputs.enumerated() {
      let needs = StoredNeeds(plan, sequence: sequence)
      if needed[input]?.formUnion(needs) == nil { needed[input] = needs }
    }
    clock += 1
    requested += needed.count
    var missing: [(ModelInput, StoredNeeds)] = []
    for (input, needs) in needed {
      records[input]?.lastUse = clock
      if records[input]?.needs.covers(needs) ?? false { continue }
      missing.append((input, whole(needs, input, model)))
    }
    try compute(missing, for: inputs, of: model)
    return inputs.map { records[$0]! }
  }

  /// What is kept of an input: what is needed now, what was before, and what is reserved.
  private func whole(_ needs: StoredNeeds, _ input: ModelInput, _ model: Model) -> StoredNeeds {
    var whole = needs
    if let earlier = records[input]?.needs { whole.formUnion(earlier) }
    let (layers, length) = (model.architecture.layers, input.length)
    let measured = max(0, model.architecture.outputPosition(of: input))
    for site in reserved {
      let resolved = try? site.positions.resolved(length: length)
      let isOpen = resolved == nil || !model.architecture.isCausal
      let lowest = isOpen ? 0 : resolved?.min() ?? 0
      let highest = isOpen ? length - 1 : resolved?.max() ?? 0
      let stage = Cells(site, positions: []).stage
      var part = StoredNeeds(layers: layers)
      part.residual[layers] = measured..<measured + 1
      if stage > 0 { part.residual[stage] = min(lowest, length - 1)..<length }
      if model.architecture.isCausal && highest > 0 {
        for layer in stage..<max(stage, layers) { part.known[layer] = highest }
      }
      whole.formUnion(part)
    }
    return whole
  }

  private func compute(
    _ missing: [(input: ModelInput, needs: StoredNeeds)], for inputs: [ModelInput], of model: Model
  ) throws {
    guard !missing.isEmpty else { return }
    for (input, _) in missing { remove(input) }
    let keyWidth = model.architecture.dimensions(of: .keyOutput)?.width ?? 0
    let incoming = missing.reduce(0) {
      $0 + $1.needs.byteCount(width: model.architecture.width, keyWidth: keyWidth, precision)
    }
    try makeRoom(for: incoming, keeping: inputs)
    computed += missing.count
    var start = 0
    while start < missing.count {
      var (end, positions) = (start, 0)
      repeat {
        positions += missing[end].input.length
        end += 1
      } while end < missing.count && positions + missing[end].input.length <= Self.batchPositions
      try run(Array(missing[start..<end]), of: model)
      start = end
    }
  }

  private func run(_ part: [(input: ModelInput, needs: StoredNeeds)], of model: Model) throws {
    let stages = Set(part.flatMap { $0.needs.residual.keys }).sorted()
    var request = Request(part.map(\.input))
    request.captures = stages.map { stage in
      Cells(
        .blockOutput, layer: stage - 1,
        positions: part.map { Array($0.needs.residual[stage] ?? 0..<0) })
    }
    request.caches = part.map { _ in KeyValueCache(layers: model.architecture.layers) }
    let keys = (0..<model.architecture.layers).map { layer in
      part.map { $0.needs.known[layer] }
    }
    // What is kept doesn't depend on which inputs happened to be missing together, so that a run that is
    // resumed, or whose budget is another, reads the same bits.
    let run = try Weight.$roundsAlike.withValue(true) {
      try model.execute(model.plan(request, hasBase: false, keys: keys), request, base: nil)
    }
    var starts = stages.map { _ in 0 }
    for (sequence, (input, needs)) in part.enumerated() {
      var residuals: [Int: Tensor] = [:]
      for (index, stage) in stages.enumerated() {
        guard let positions = needs.residual[stage] else { continue }
        let rows = starts[index]..<starts[index] + positions.count
        residuals[stage] = run.captures[index].detached.rowSlice(rows).copied()
        starts[index] += positions.count
      }
      let record = StoredRun(
        needs, residuals: residuals, keys: request.caches![sequence], precision: precision)
      record.lastUse = clock
      records[input] = record
      byteCount += record.byteCount
    }
  }

  /// Lets go of the records used longest ago until there is room.
  private func makeRoom(for incoming: Int, keeping inputs: [ModelInput]) throws {
    guard byteCount + incoming > budget else { return }
    let needed = Set(inputs)
    let oldest = records.filter { !needed.contains($0.key) }
      .sorted { $0.value.lastUse < $1.value.lastUse }
    for (input, _) in oldest where byteCount + incoming > budget { remove(input) }
    guard byteCount + incoming <= budget else {
      throw ModelError.activationBudget(needed: byteCount + incoming, budget: budget)
    }
  }

  private func remove(_ input: ModelInput) {
    guard let record = records.removeValue(forKey: input) else { return }
    byteCount -= record.byteCount
  }
}
