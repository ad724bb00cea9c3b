/// The colors and the font of a figure.
public struct Theme: Sendable, Hashable {
  /// The page's color.
  public var background: Color
  /// Titles and labels.
  public var text: Color
  /// Subtitles and whatever should stay in the background.
  public var secondaryText: Color
  /// Axes, ticks and frames.
  public var axis: Color
  /// Grid lines.
  public var grid: Color
  /// The ground of cells that were not measured.
  public var missing: Color
  /// The lines of the hatching of cells that were not measured.
  public var missingHatch: Color
  /// Controls, in line charts.
  public var control: Color
  /// Series, in order; begun again when there are more.
  public var series: [Color]
  /// Font families in order of preference; what they lack comes from any font that has it.
  public var fontFamilies: String

  /// Black on white, for print.
  public static let light = Theme(
    background: .white, text: Color(hex: 0x1A1A1A), secondaryText: Color(hex: 0x5C5C5C),
    axis: Color(hex: 0x8A8A8A), grid: Color(hex: 0xE6E6E6), missing: Color(hex: 0xF4F4F4),
    missingHatch: Color(hex: 0xB0B0B0), control: Color(hex: 0x8C8C8C),
    series: [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9].map(Color.init(hex:)),
    fontFamilies: Theme.sans)

  /// Light on dark, for screens.
  public static let dark = Theme(
    background: Color(hex: 0x16181C), text: Color(hex: 0xECECEC),
    secondaryText: Color(hex: 0xA8A8A8), axis: Color(hex: 0x7A7A7A), grid: Color(hex: 0x33363B),
    missing: Color(hex: 0x26292E), missingHatch: Color(hex: 0x5E6268),
    control: Color(hex: 0x8C8C8C),
    series: [0x56B4E9, 0xE69F00, 0x2EC49A, 0xE08FBF, 0xF0E442, 0xF2793A].map(Color.init(hex:)),
    fontFamilies: Theme.sans)

  private static let sans = "Liberation Sans, Arial, Helvetica, Noto Sans, DejaVu Sans, sans-serif"
}
