import CInterchangeKernels
import InterchangeBasics
import InterchangeTensors

/// The parts of one input's base run that an experiment reads.
struct StoredNeeds: Equatable {
  /// The positions of the residual stream, by stage: stage s is the input of block s, the number of
  /// layers that of the final norm.
  var residual: [Int: Range<Int>] = [:]
  /// Of how many leading positions keys and values, by layer.
  var known: [Int]

  init(layers: Int) { known = Array(repeating: 0, count: layers) }

  /// The parts that a planned run reads of one of its sequences.
  init(_ plan: RowPlan, sequence: Int) {
    for stage in plan.entering.indices where stage > 0 {
      let positions = plan.entering[stage][sequence]
      if let low = positions.first, let high = positions.last { residual[stage] = low..<high + 1 }
    }
    known = zip(plan.runs, plan.known).map { $0 ? $1[sequence] : 0 }
  }

  mutating func formUnion(_ other: StoredNeeds) {
    residual.merge(other.residual) {
      min($0.lowerBound, $1.lowerBound)..<max($0.upperBound, $1.upperBound)
    }
    known = zip(known, other.known).map(max)
  }

  func covers(_ other: StoredNeeds) -> Bool {
    other.residual.allSatisfy { stage, positions in
      residual[stage].map {
        $0.contains(positions.lowerBound) && $0.upperBound >= positions.upperBound
      }
        ?? false
    } && zip(known, other.known).allSatisfy(>=)
  }

  /// The bytes that a run with these needs takes when it is kept.
  func byteCount(width: Int, keyWidth: Int, _ precision: ActivationStore.Precision) -> Int {
    func bytes(_ rows: Int, _ width: Int) -> Int {
      KeptRows.byteCount(rows * width, precision)
    }
    return residual.values.reduce(0) { $0 + bytes($1.count, width) }
      + known.reduce(0) { $0 + 2 * bytes($1, keyWidth) }
  }
}

/// One input's base run: rows of its residual stream, and keys and values of leading positions.
final class StoredRun: KnownKeys {
  let needs: StoredNeeds
  /// When it was last read, for least-recently-used eviction.
  var lastUse: UInt64 = 0
  private let residuals: [Int: KeptRows]
  private let keys: [(keys: KeptRows, values: KeptRows)?]

  /// - Parameters:
  ///   - residuals: by stage, the rows of the positions that `needs` names
  ///   - keys: where the keys and values of leading positions are, float32
  init(
    _ needs: StoredNeeds, residuals: [Int: Tensor], keys cache: KeyValueCache,
    precision: ActivationStore.Precision
  ) {
    self.needs = needs
    self.residuals = residuals.mapValues { KeptRows($0, precision) }
    keys = needs.known.enumerated().map { layer, count in
      guard count > 0 else { return nil }
      guard let pair = cache.known(layer) else {
        programmerError("activation store: layer \(layer) was not computed")
      }
      return (KeptRows(pair.keys, precision), KeptRows(pair.values, precision))
    }
  }

  /// Rows of the residual stream at a stage: [positions.count, width].
  func residual(_ stage: Int, at positions: [Int]) -> Tensor {
    guard let kept = needs.residual[stage], let rows = residuals[stage] else {
      programmerError("activation store: stage \(stage) is not kept")
    }
    return rows.floats.gatherRows(positions.map { $0 - kept.lowerBound })
  }

  func known(_ layer: Int) -> (keys: Tensor, values: Tensor)? {
    keys[layer].map { ($0.keys.floats, $0.values.floats) }
  }

  var byteCount: Int {
    residuals.values.reduce(0) { $0 + $1.byteCount }
      + keys.reduce(0) { $0 + ($1.map { $0.keys.byteCount + $0.values.byteCount } ?? 0) }
  }
}

/// A matrix in the precision of the store.
private struct KeptRows {
  private let shape: [Int]
  /// The numbers themselves, or two bfloat16 in the place of each float32.
  private let storage: Tensor
  private let isHalved: Bool

  init(_ rows: Tensor, _ precision: ActivationStore.Precision) {
    shape = rows.shape
    isHalved = precision == .bfloat16
    guard isHalved else {
      storage = rows.detached
      return
    }
    storage = Tensor(uninitialized: [Self.byteCount(rows.count, precision) / 4])
    withExtendedLifetime(rows) { ck_narrow_bf16(rows.pointer, storage.pointer, rows.count) }
  }

  /// The matrix in float32; a copy when it is kept in less.
  var floats: Tensor {
    guard isHalved else { return storage }
    let rows = Tensor(uninitialized: shape)
    withExtendedLifetime(storage) { ck_widen_bf16(storage.pointer, rows.pointer, rows.count) }
    return rows
  }

  var byteCount: Int { 4 * storage.count }

  /// The bytes of so many numbers, whole float32 places.
  static func byteCount(_ count: Int, _ precision: ActivationStore.Precision) -> Int {
    precision == .float32 ? 4 * count : 4 * ((count + 1) / 2)
  }
}
