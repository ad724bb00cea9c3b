import InterchangeBasics
import InterchangeModels

extension AttentionPatterns: SelectableResult {
  /// The heads of some layers; a row of attention is a whole, and can't be cut to some positions.
  public func selecting(layers: LayerSelection?, positions: String?) throws -> AttentionPatterns {
    guard positions == nil else {
      throw RunRecordError.lacking(
        wanted: "positions", reason: "attention is shown between all positions of its text")
    }
    let known = Array(Set(heads.map(\.layer))).sorted()
    let chosen = Set(try places(of: layers, among: known).map { known[$0] })
    return showing(heads.filter { chosen.contains($0.layer) })
  }
}
