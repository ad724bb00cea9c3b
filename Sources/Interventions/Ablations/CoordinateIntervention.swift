import InterchangeBasics
import InterchangeTensors

/// Another intervention in some coordinates alone; the others stay as they are. In pyvene: its
/// `subspaces`.
public final class CoordinateIntervention: Intervention {
  /// The change of these coordinates.
  public let intervention: any Intervention
  /// The coordinates, from 0.
  public let columns: Range<Int>

  /// - Parameters:
  ///   - intervention: of vectors as wide as `columns` has elements
  ///   - columns: inside the site's width, at least one
  public init(_ intervention: any Intervention, in columns: Range<Int>) {
    require(
      columns.lowerBound >= 0 && !columns.isEmpty,
      "CoordinateIntervention: expected columns from 0 on, got \(columns)")
    (self.intervention, self.columns) = (intervention, columns)
  }

  public var name: String { intervention.name }
  public var sourceCount: Int { intervention.sourceCount }
  public var parameters: [Parameter] { intervention.parameters }
  public var orthonormalParameters: [Parameter] { intervention.orthonormalParameters }

  /// The base with `intervention` of its columns in their place.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let part = intervention(
      base.columns(columns), sources: sources.map { $0.columns(columns) })
    return base.replacingColumns(columns, with: part)
  }
}
