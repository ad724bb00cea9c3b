import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The sum over the vocabulary of each token's embedding times its unembedding: [width, width], one
/// matrix for all heads.
///
/// The non-zero eigenvalues of a head's map from tokens to logits, W_U W_O W_V W_E, which is as
/// large as the vocabulary, are those of W_V (Σ e uᵀ) W_O, which is as large as a head.
struct CopyingScore {
  private let vocabulary: Tensor

  init(_ stream: any AdditiveStream) throws {
    let (width, count) = (stream.width, min(stream.vocabulary, stream.outputs))
    try requireMemory(
      8 * Double(width) * Double(width), for: "the copying scores of a stream of width \(width)")
    var sum = Tensor.zeros([width, width])
    for start in stride(from: 0, to: count, by: 4096) {
      let tokens = Array(start..<min(start + 4096, count))
      let (embedding, unembedding) = stream.vocabularyRows(tokens)
      sum = sum + embedding.transposed().linear(unembedding.transposed())
    }
    vocabulary = sum
  }

  /// Σ λ / Σ |λ| of each head of a layer; 0 of a head that writes nothing.
  func scores(_ matrices: HeadMatrices) throws -> [Double] {
    let outputs = matrices.output.transposed()
    return try (0..<matrices.heads).map { head in
      let values = matrices.value.rowSlice(matrices.rows(matrices.keyHead(of: head)))
      let written = outputs.rowSlice(matrices.rows(head))
      // [headWidth, width] · [width, width] · [width, headWidth].
      let circuit = values.linear(vocabulary.transposed()).linear(written)
      let eigenvalues = try circuit.eigenvalues()
      let size = eigenvalues.reduce(0) {
        $0 + ($1.real * $1.real + $1.imaginary * $1.imaginary).squareRoot()
      }
      return size > 0 ? eigenvalues.reduce(0) { $0 + $1.real } / size : 0
    }
  }
}
