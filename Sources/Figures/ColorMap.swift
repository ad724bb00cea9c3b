import InterchangeBasics

/// A way from numbers to colors.
///
/// The maps offered here can be told apart with the common color vision deficiencies. The
/// sequential ones grow lighter all the way, so they also survive a gray print.
public struct ColorMap: Sendable, Hashable {
  /// The sort of values that a map is for.
  public enum Kind: Sendable, Hashable {
    /// From little to much.
    case sequential
    /// Two directions away from a center; drawn symmetric about it.
    case diverging
  }

  /// The name that `init(named:)` finds the map by.
  public let name: String
  /// The sort of values that the map is for.
  public let kind: Kind
  /// Colors at equal distances, the first for 0 and the last for 1.
  public let controlPoints: [Color]

  /// A map through at least two colors at equal distances.
  public init(name: String, kind: Kind, controlPoints: [Color]) {
    require(controlPoints.count >= 2, "ColorMap: expected at least two control points")
    self.name = name
    self.kind = kind
    self.controlPoints = controlPoints
  }

  /// One of `all` by its name; nil for another name.
  public init?(named name: String) {
    guard let map = Self.all.first(where: { $0.name == name }) else { return nil }
    self = map
  }

  /// The same colors the other way round, for values of which small ones are the strong ones; no
  /// name finds it.
  public var reversed: ColorMap {
    ColorMap(name: name + " reversed", kind: kind, controlPoints: controlPoints.reversed())
  }

  /// The color at a position in 0…1; positions outside are moved to the nearer end.
  public func color(at position: Double) -> Color {
    let clamped = position.isNaN ? 0 : min(max(position, 0), 1)
    let scaled = clamped * Double(controlPoints.count - 1)
    let index = min(Int(scaled), controlPoints.count - 2)
    return controlPoints[index].mixed(with: controlPoints[index + 1], scaled - Double(index))
  }
}

extension ColorMap {
  /// Perceptually uniform, dark violet to yellow (Smith and van der Walt 2015).
  public static let viridis = ColorMap("viridis", .sequential, Tables.viridis)
  /// Perceptually uniform, dark blue to yellow, nearly the same with a red–green deficiency
  /// (Nuñez, Anderton and Renslow 2018).
  public static let cividis = ColorMap("cividis", .sequential, Tables.cividis)
  /// Perceptually uniform, black through magenta to light yellow (Smith and van der Walt 2015).
  public static let magma = ColorMap("magma", .sequential, Tables.magma)
  /// Diverging, blue through near-white to red, equally light at equal distances from the center.
  public static let blueRed = ColorMap("blueRed", .diverging, Tables.blueRed)

  /// Every map that has a name.
  public static let all: [ColorMap] = [.viridis, .cividis, .magma, .blueRed]

  private init(_ name: String, _ kind: Kind, _ table: [UInt32]) {
    self.init(name: name, kind: kind, controlPoints: table.map(Color.init(hex:)))
  }
}
