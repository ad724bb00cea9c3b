/// The lengths in points that all figures share, so that they look alike side by side.
enum Spacing {
  /// Between the page's edge and what is drawn.
  static let margin = 6.0
  /// The font of labels at ticks.
  static let labelSize = 7.0
  /// The font of an axis's title.
  static let titleSize = 7.5
  static let tick = 2.5
  /// Between a tick and its label.
  static let gap = 2.0
  /// Between labels and the title of their axis.
  static let titleGap = 3.0
  /// The room of a tick and its gap.
  static let labels = tick + gap
}
