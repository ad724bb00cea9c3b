import InterchangeAlignment
import InterchangeBasics
import InterchangeModels

/// A result over layers or positions, of which some can be shown alone.
public protocol SelectableResult: RunResult {
  /// The result at some layers and positions.
  ///
  /// - Parameters:
  ///   - layers: among those of the result; nil for all
  ///   - positions: as a user names them; nil for all
  /// - Throws: ``RunRecordError/lacking(wanted:reason:)`` for those that it doesn't have.
  func selecting(layers: LayerSelection?, positions: String?) throws -> Self
}

extension RunRecord {
  /// The run with the results of some layers and positions; results that have neither are left out.
  ///
  /// - Throws: ``RunRecordError/lacking(wanted:reason:)`` when there is no result over layers or
  ///   positions, or these have no such.
  public func selecting(layers: LayerSelection?, positions: String?) throws -> RunRecord {
    guard layers != nil || positions != nil else { return self }
    var record = self
    record.results = RunResults()
    var isEmpty = true
    for result in results.all {
      guard let selectable = result as? any SelectableResult else { continue }
      record.results.replace(with: try selectable.selecting(layers: layers, positions: positions))
      isEmpty = false
    }
    guard !isEmpty else {
      throw RunRecordError.lacking(
        wanted: layers.map { "layers \($0)" } ?? "positions \(positions ?? "")",
        reason: "this run of \(command) has no figure or table over layers and positions")
    }
    return record
  }
}

/// The places of some of a result's layers.
///
/// - Parameter known: the layers that the result has, in its order
/// - Throws: ``RunRecordError/lacking(wanted:reason:)`` for others.
func places(of layers: LayerSelection?, among known: [Int]) throws -> [Int] {
  guard case .layers(let wanted)? = layers else { return Array(known.indices) }
  let found = try wanted.map { layer in
    let place = layer < 0 ? known.count + layer : known.firstIndex(of: layer) ?? -1
    guard known.indices.contains(place) else {
      throw RunRecordError.lacking(
        wanted: "layer \(layer)", reason: "this run has layers \(known.briefly)")
    }
    return place
  }
  return Array(Set(found)).sorted()
}

extension [Int] {
  /// A list in words, the middle of a long one left out.
  fileprivate var briefly: String {
    guard count > 8, let last else { return map(String.init).joined(separator: ", ") }
    return prefix(3).map { "\($0), " }.joined() + "… \(last)"
  }
}
