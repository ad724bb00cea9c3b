/// A choice of a model's layers: all, or a list.
public enum LayerSelection: Hashable, Sendable, Codable, CustomStringConvertible {
  case all
  /// Layers from 0, or from the end when negative (−1 is the last).
  case layers([Int])

  /// Reads what a user writes: `all`, or a list of layers, ranges and steps such as
  /// `0,4-7,10-28:2`; nil when it is something else.
  public init?(parsing text: String) {
    if text == "all" {
      self = .all
      return
    }
    var layers: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let layer = Int(part) {
        layers.append(layer)
      } else if let match = part.wholeMatch(of: /(\d+)-(\d+)(?::(\d+))?/),
        let low = Int(match.1), let high = Int(match.2), let step = match.3.map({ Int($0) }) ?? 1,
        step > 0, low <= high, high < 1 << 20
      {
        layers += stride(from: low, through: high, by: step)
      } else {
        return nil
      }
    }
    self = .layers(layers)
  }

  /// The layers in rising order, each once.
  ///
  /// - Throws: ``ModelError/layerOutOfRange(layer:layers:)``.
  public func resolved(_ count: Int) throws -> [Int] {
    guard case .layers(let layers) = self else { return Array(0..<count) }
    return Array(
      Set(
        try layers.map { layer in
          let absolute = layer < 0 ? count + layer : layer
          guard (0..<count).contains(absolute) else {
            throw ModelError.layerOutOfRange(layer: layer, layers: count)
          }
          return absolute
        })
    ).sorted()
  }

  public var description: String {
    switch self {
    case .all: "all"
    case .layers(let layers): layers.map(String.init).joined(separator: ",")
    }
  }
}
