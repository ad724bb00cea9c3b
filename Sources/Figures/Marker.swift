import Foundation

/// The shape of a point, so that series are told apart without colors too.
public enum Marker: Sendable, Hashable, CaseIterable {
  /// A disc.
  case circle
  /// A square on one of its sides.
  case square
  /// A triangle that points up.
  case triangle
  /// A square on one of its corners.
  case diamond
  /// A triangle that points down.
  case invertedTriangle
  /// Two slanted lines, as in ×.
  case cross
  /// A level line and an upright one, as in +.
  case plus

  /// Corners relative to the middle, in radii; none for a circle and for what is made of lines.
  fileprivate var corners: [(x: Double, y: Double)] {
    switch self {
    case .circle, .cross, .plus: []
    case .square: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
    case .triangle: [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)]
    case .diamond: [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)]
    case .invertedTriangle: [(0, 1.2), (1.1, -0.8), (-1.1, -0.8)]
    }
  }

  /// Lines from the middle's one side to the other, in radii.
  fileprivate var arms: [(x: Double, y: Double)] {
    switch self {
    case .cross: [(0.95, 0.95), (0.95, -0.95)]
    case .plus: [(1.2, 0), (0, 1.2)]
    default: []
    }
  }
}

extension Canvas {
  /// Draws a point's mark; an outline parts it from marks beneath.
  public func draw(
    _ marker: Marker, at point: CGPoint, radius: Double, color: Color, outline: Color? = nil
  ) {
    let corners = marker.corners.map {
      CGPoint(x: point.x + $0.x * radius, y: point.y + $0.y * radius)
    }
    let arms = marker.arms.map { arm in
      [-radius, radius].map { CGPoint(x: point.x + arm.x * $0, y: point.y + arm.y * $0) }
    }
    if !corners.isEmpty {
      if let outline { stroke(polygon: corners, Stroke(outline, width: 0.8)) }
      fill(polygon: corners, with: color)
    } else if arms.isEmpty {
      if let outline { fill(discAt: point, radius: radius + 0.4, with: outline) }
      fill(discAt: point, radius: radius, with: color)
    } else {
      if let outline {
        for arm in arms { stroke(arm, Stroke(outline, width: radius * 0.55 + 0.8)) }
      }
      for arm in arms { stroke(arm, Stroke(color, width: radius * 0.55)) }
    }
  }
}
