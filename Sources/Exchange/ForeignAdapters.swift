import InterchangeBasics
import InterchangeFineTuning

/// The forms of other tools that are read where an adapter of our own is.
///
/// ```
/// let adapted = try AdaptedModel(contentsOf: paths, base: model, foreign: ForeignAdapters.all)
/// ```
public enum ForeignAdapters {
  private static let registry = Registry<any ForeignAdapter.Type>([PeftFolder.self])

  /// Every form, this package's first.
  public static var all: [any ForeignAdapter.Type] { registry.all }

  /// Makes a form known; twice does no harm.
  public static func register(_ type: any ForeignAdapter.Type) {
    registry.register(type) { known in !known.contains { $0 == type } }
  }
}
