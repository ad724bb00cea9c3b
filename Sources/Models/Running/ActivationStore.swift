import Foundation
import OrderedCollections

/// Keeps base runs of a frozen model, so that an experiment computes only what its edits can
/// change.
///
/// It keeps and counts them; the model computes those that are missing. Of each input it keeps just
/// what runs have asked for: residual rows where the cone begins, and keys and values of the
/// positions before it. Inputs that are equal share one record. Records used longest ago go when
/// the memory budget is reached, and are computed again when they are missing. The store belongs to
/// one model: its weights must not change while it is in use.
public final class ActivationStore {
  /// The form in which kept numbers are stored.
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
  /// The form in which numbers are kept.
  public let precision: Precision
  private var records: [ModelInput: StoredRun] = [:]
  /// The sites for which every base run keeps what experiments there read.
  private(set) var reserved: [Site] = []
  private var clock: UInt64 = 0
  /// Bytes of all kept rows.
  public private(set) var byteCount = 0
  /// The sources of encoder-decoders, as decoders read them.
  private var sources: [ModelInput: (source: KnownSource, bytes: Int, lastUse: UInt64)] = [:]
  /// The base runs of encoders, whose inputs are the sources of this store's; made for the first
  /// encoder-decoder.
  private(set) lazy var encoder: ActivationStore = {
    hasEncoder = true
    return ActivationStore(budget: budget / 4, precision: precision)
  }()
  private var hasEncoder = false
  /// The part of the budget that is for its own records.
  private var ownBudget: Int { hasEncoder ? budget / 2 : budget }
  /// The number of base runs that were computed.
  public private(set) var computed = 0
  /// The number of base runs that were asked for.
  public private(set) var requested = 0

  /// An empty store.
  ///
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

  /// Makes every base run from now on keep what experiments at these sites will read, and the row
  /// of the plain output, so that one base run serves them all.
  public func reserve(_ sites: [Site]) {
    reserved += sites.filter { !reserved.contains($0) }
  }

  /// Reserves sites, as ``reserve(_:)`` does, for as long as `body` runs.
  public func reserving<R>(_ sites: [Site], _ body: () throws -> R) rethrows -> R {
    let earlier = reserved
    defer { reserved = earlier }
    reserve(sites)
    return try body()
  }

  /// Forgets all records and reservations.
  public func clear() {
    (records, reserved, byteCount) = ([:], [], 0)
    sources = [:]
    if hasEncoder { encoder.clear() }
  }

  /// The record of an input, when there is one.
  func record(of input: ModelInput) -> StoredRun? { records[input] }

  /// Marks inputs as read now; those whose record is missing, or lacks something needed, in order.
  func missing(
    _ needed: OrderedDictionary<ModelInput, StoredNeeds>
  ) -> [(input: ModelInput, needs: StoredNeeds)] {
    clock += 1
    requested += needed.count
    return needed.compactMap { input, needs in
      records[input]?.lastUse = clock
      return records[input]?.needs.covers(needs) ?? false ? nil : (input, needs)
    }
  }

  /// Makes room for records that are about to be computed, in the place of those that the same
  /// inputs had.
  ///
  /// - Parameters:
  ///   - bytes: what the new records take
  ///   - inputs: those whose records must stay
  /// - Throws: ``ModelError/activationBudget(needed:budget:)`` when the inputs alone exceed the
  ///   budget.
  func makeRoom(
    for missing: [ModelInput], bytes: Int, keeping inputs: [ModelInput]
  ) throws {
    for input in missing { remove(input) }
    try makeRoom(for: bytes, keeping: inputs)
    computed += missing.count
  }

  /// Keeps a record.
  func insert(_ record: StoredRun, for input: ModelInput) {
    record.lastUse = clock
    records[input] = record
    byteCount += record.byteCount
  }

  /// Reserves what another store does, of the layers of its encoder alone.
  func mirror(_ other: ActivationStore, layersBelow layers: Int) {
    reserved = other.reserved.filter { $0.layer < layers }
  }

  /// The record of a source, made when it isn't there.
  ///
  /// - Parameter bytes: what it may come to take
  /// - Throws: ``ModelError/activationBudget(needed:budget:)`` when it alone exceeds its part of
  ///   the budget, and what `make` throws.
  func source(
    of input: ModelInput, bytes: Int, make: () throws -> KnownSource
  ) throws -> KnownSource {
    clock += 1
    if let known = sources[input] {
      sources[input]?.lastUse = clock
      return known.source
    }
    let part = budget / 4
    guard bytes <= part else { throw ModelError.activationBudget(needed: bytes, budget: part) }
    var kept = sources.values.reduce(0) { $0 + $1.bytes }
    for (input, source) in sources.sorted(by: { $0.value.lastUse < $1.value.lastUse })
    where kept + bytes > part {
      kept -= source.bytes
      sources[input] = nil
    }
    let source = try make()
    sources[input] = (source, bytes, clock)
    return source
  }

  /// Lets go of the records used longest ago until there is room.
  private func makeRoom(for incoming: Int, keeping inputs: [ModelInput]) throws {
    let budget = ownBudget
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
