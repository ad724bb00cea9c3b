import Foundation

/// A color in sRGB, components in 0…1.
public struct Color: Sendable, Hashable {
  /// The red component.
  public var red: Double
  /// The green component.
  public var green: Double
  /// The blue component.
  public var blue: Double
  /// 0 is transparent, 1 opaque.
  public var opacity: Double

  /// A color of its components, each in 0…1.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// An opaque color written 0xRRGGBB.
  public init(hex: UInt32) {
    self.init(
      red: Double((hex >> 16) & 0xFF) / 255,
      green: Double((hex >> 8) & 0xFF) / 255,
      blue: Double(hex & 0xFF) / 255)
  }

  /// Opaque white.
  public static let white = Color(hex: 0xFFFFFF)
  /// Opaque black.
  public static let black = Color(hex: 0x000000)

  /// The same color, more or less transparent.
  public func withOpacity(_ opacity: Double) -> Color {
    Color(red: red, green: green, blue: blue, opacity: opacity)
  }

  /// Relative luminance in 0…1 (IEC 61966-2-1), the opacity left aside.
  public var luminance: Double {
    func linear(_ component: Double) -> Double {
      component <= 0.04045 ? component / 12.92 : pow((component + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// Lightness L* in 0…100 (CIE 1976), the scale on which the eye sees light and dark.
  public var lightness: Double {
    let luminance = luminance
    return luminance > 216.0 / 24389
      ? 116 * cbrt(luminance) - 16 : luminance * 24389 / 27
  }

  /// Black or white, whichever has more contrast over this color (WCAG contrast ratio).
  public var contrasting: Color {
    // Both ratios are equal where (L + 0.05)² = 1.05 · 0.05.
    luminance + 0.05 > (1.05 * 0.05).squareRoot() ? .black : .white
  }

  /// The color a part of the way to another, component by component.
  func mixed(with other: Color, _ part: Double) -> Color {
    Color(
      red: red + (other.red - red) * part,
      green: green + (other.green - green) * part,
      blue: blue + (other.blue - blue) * part,
      opacity: opacity + (other.opacity - opacity) * part)
  }
}
