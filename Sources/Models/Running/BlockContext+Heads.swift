import InterchangeTensors

extension BlockContext {
  /// The projection of the heads' mixed values [rows, heads · headWidth] to [rows, width].
  ///
  /// It announces `head_output`, or the component that has its place: where somebody reads or edits
  /// it, each head's addition is computed by itself, and what an edit adds to it is added to the
  /// projection.
  public func projecting(
    _ mixed: Tensor, by map: LinearMap, heads: Int, announcing component: Component = .headOutput
  ) -> Tensor {
    let projected = map(mixed)
    guard let announce = announcer(of: component), mixed.rows > 0 else { return projected }
    let (rows, width) = (mixed.rows, mixed.width / heads)
    let weight = map.weight.floats()
    let parts = (0..<heads).map { head in
      let columns = head * width..<(head + 1) * width
      return mixed.columns(columns).linear(weight.columns(columns))
    }
    // [heads · rows, width] to [rows, heads · width].
    let own = Tensor.concatenatingRows(parts)
      .gatherRows((0..<rows).flatMap { row in (0..<heads).map { $0 * rows + row } })
      .reshaped([rows, heads * projected.width])
    let changes = (announce(own) - own).reshaped([rows * heads, projected.width])
    return (0..<heads).reduce(projected) { sum, head in
      sum + changes.gatherRows((0..<rows).map { $0 * heads + head })
    }
  }
}
