import InterchangeModels

/// Adjacent layers that are changed together: about a layer, as many below it as above, of an even
/// number one more below. At the ends of a model, or of one stack of an encoder-decoder, those that
/// there are.
struct LayerWindow {
  /// The number of layers away from the ends.
  let width: Int

  init(_ width: Int) { self.width = width }

  /// The layers about one of a model.
  func layers(about layer: Int, of model: Model) -> ClosedRange<Int> {
    let architecture = model.architecture
    let below = architecture.stacks?.encoder.layers ?? 0
    let stack = layer < below ? 0..<below : below..<architecture.layers
    let first = max(stack.lowerBound, layer - width / 2)
    return first...min(stack.upperBound - 1, max(first, layer - width / 2 + width - 1))
  }
}
