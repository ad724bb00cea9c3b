import InterchangeModels
import Testing

/// The weights of a model whose output matrix is its embedding table are counted once.
@Suite struct TiedCountTests {
  @Test func tiedWeightsAreCountedOnce() {
    let (width, vocabulary, layers) = (64, 50, 2)
    let model = Transformer(width: width, layers: layers, vocabulary: vocabulary, seed: 0)
    let hidden = model.design.hiddenWidth
    let block = 4 * width * width + 3 * width * hidden + 2 * width
    let expected = vocabulary * width + layers * block + width
    #expect(model.design.head.isTied)
    #expect(model.parameterCount == expected)
    #expect(model.weightBytes == 4 * expected)
  }
}
