import Foundation
import InterchangeTensors

/// A network as a stack of blocks over a residual stream: what a run needs of it, and nothing else.
///
/// An architecture says how one block works on packed rows and announces every component through
/// ``BlockContext/visit(_:_:)``. Which rows exist, what is known of the others, edits and captures
/// are the run's business, the same for all architectures. One that also lists its weights
/// (``WeightInventory``) can be counted, changed and initialized anew; one with a ``ModelFamily``
/// can be read from files.
public protocol Architecture: Sendable {
  /// The sizes of the network and its name.
  var shape: ModelShape { get }

  /// A component's width and, where it is made of heads, their number; nil when a block has no such
  /// component.
  func dimensions(of component: Component) -> ComponentDimensions?

  /// A component's dimensions in one layer; nil when its block has none. All layers have the same
  /// unless the architecture says so.
  func dimensions(of component: Component, layer: Int) -> ComponentDimensions?

  /// The position whose outputs answer for a whole input: the last one unless the architecture says
  /// another.
  func outputPosition(of input: ModelInput) -> Int

  /// The first rows of the residual stream for chosen positions of each input: [rows, width].
  ///
  /// - Throws: ``ModelError/invalidInput(expected:found:)`` for an input that it doesn't read.
  func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor

  /// The same, announcing the components before the first block; without announcements unless the
  /// architecture has some.
  func embed(_ inputs: [ModelInput], positions: [[Int]], _ context: OuterContext) throws -> Tensor

  /// Computes one block: from the rows that came in [key rows, width] to the rows whose output is
  /// needed [output rows, width].
  func block(_ layer: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor

  /// The reach of a block's positions; nil: to everything or, where positions see only earlier
  /// ones, to all of those.
  func window(of layer: Int) -> AttentionWindow?

  /// Tells whether outputs are made of all positions of an input together: whichever position they
  /// are asked for, they are those of the row that ``pooled(_:lengths:)`` makes.
  var poolsPositions: Bool { get }

  /// The row of each input that its outputs are made of, from all its rows of the last stage
  /// [rows, width]: [inputs, width].
  ///
  /// - Parameter lengths: each input's number of rows
  func pooled(_ residual: Tensor, lengths: [Int]) -> Tensor

  /// Computes outputs from the last rows of the residual stream [rows, width]: the wanted ones in
  /// the order given, or all of them: [rows, outputs].
  func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor

  /// The same, announcing the components between the last block and the outputs, which the run
  /// announces itself; without announcements unless the architecture has some.
  func logits(_ residual: Tensor, outputs: [Int]?, _ context: OuterContext) -> Tensor

  /// The vectors of tokens as they enter, before anything is added to them: [ids, width]. An input
  /// of such vectors is read as one of the tokens is; nil where that can't be.
  func tokenVectors(_ ids: [Int]) -> Tensor?

  /// The two stacks of an encoder-decoder; nil of everything else.
  var stacks: Stacks? { get }

  /// The rows that a decoder's cross-attention reads, from the last rows of an encoder's residual
  /// stream: [rows, width].
  func encoded(_ residual: Tensor) -> Tensor

  /// The mean cross-entropy of the outputs for rows of the last stage [rows, width], as a scalar.
  ///
  /// - Parameter targets: the right output for each row
  func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor
}

/// The stacks of an encoder-decoder, each an architecture whose layers are counted from 0.
public struct Stacks: Sendable {
  /// The stack that reads the source.
  public var encoder: any Architecture
  /// The stack that reads the target and, in every layer, the encoder's last rows.
  public var decoder: any Architecture

  /// Two stacks.
  public init(encoder: any Architecture, decoder: any Architecture) {
    (self.encoder, self.decoder) = (encoder, decoder)
  }
}

/// The kind of a head's outputs, from which their probabilities follow.
public enum OutputKind: String, Codable, Sendable {
  /// One of them is right: a token, or one class of several. Probabilities are the softmax.
  case exclusive
  /// Each is right or not by itself: several labels at once. Probabilities are sigmoids.
  case independent
  /// They are numbers, which have no probability.
  case number

  /// The probability of each output for a row of logits; nil for numbers.
  public func probabilities(_ logits: Tensor) -> [Float]? {
    switch self {
    case .exclusive: logits.logSoftmax().elements.map { Float(exp(Double($0))) }
    case .independent: logits.elements.map { Float(1 / (1 + exp(-Double($0)))) }
    case .number: nil
    }
  }
}

/// The sizes of a network.
public struct ModelShape: Equatable, Sendable {
  /// The name in checkpoints, such as `gpt2`.
  public var name: String
  /// The number of blocks.
  public var layers: Int
  /// The width of the residual stream.
  public var width: Int
  /// The number of token ids that it reads: the rows of its embedding table; 0 when it reads
  /// vectors.
  public var vocabulary: Int
  /// The number of outputs: the vocabulary of a language model, the classes of a classifier; 0
  /// without a head.
  public var outputs: Int
  /// The outputs' names, where they are no tokens: a classifier's labels.
  public var labels: [String]?
  /// What the outputs say together.
  public var outputKind = OutputKind.exclusive
  /// Tells whether a position sees only itself and earlier ones.
  public var isCausal: Bool
  /// The length of the longest sequence that it reads.
  public var maximumLength: Int
  /// The token with which an encoder-decoder's target begins; nil of everything else.
  public var startToken: Int?

  /// The shape of a decoder unless something else is said.
  public init(
    name: String, layers: Int, width: Int, vocabulary: Int, outputs: Int, labels: [String]? = nil,
    isCausal: Bool = true, maximumLength: Int
  ) {
    (self.name, self.layers, self.width) = (name, layers, width)
    (self.vocabulary, self.outputs, self.labels) = (vocabulary, outputs, labels)
    (self.isCausal, self.maximumLength) = (isCausal, maximumLength)
  }
}

extension Architecture {
  /// The name in checkpoints, ``ModelShape/name``.
  public var name: String { shape.name }
  /// The number of blocks.
  public var layers: Int { shape.layers }
  /// The width of the residual stream.
  public var width: Int { shape.width }
  /// The number of token ids that it reads; 0 when it reads vectors.
  public var vocabulary: Int { shape.vocabulary }
  /// The number of outputs; 0 without a head.
  public var outputs: Int { shape.outputs }
  /// The outputs' names, where they are no tokens: a classifier's labels.
  public var labels: [String]? { shape.labels }
  /// Tells whether a position sees only itself and earlier ones.
  public var isCausal: Bool { shape.isCausal }
  /// The length of the longest sequence that it reads.
  public var maximumLength: Int { shape.maximumLength }

  /// The same in every layer.
  public func dimensions(of component: Component, layer: Int) -> ComponentDimensions? {
    dimensions(of: component)
  }

  /// The first rows, with nothing announced.
  public func embed(
    _ inputs: [ModelInput], positions: [[Int]], _ context: OuterContext
  ) throws -> Tensor { try embed(inputs, positions: positions) }

  /// The outputs, with nothing announced.
  public func logits(_ residual: Tensor, outputs: [Int]?, _ context: OuterContext) -> Tensor {
    logits(residual, outputs: outputs)
  }

  /// The layers before which embeddings enter: the first, and of an encoder-decoder the decoder's
  /// first.
  public var firstLayers: [Int] { [0] + (stacks.map { [$0.encoder.layers] } ?? []) }

  /// The input of a prompt and what follows it: one sequence or, of an encoder-decoder, a source
  /// and the target that has been begun.
  public func input(_ prompt: [Int], continuedBy continuation: [Int] = []) -> ModelInput {
    guard let start = shape.startToken else { return .tokens(prompt + continuation) }
    return .pair(source: .tokens(prompt), target: [start] + continuation)
  }

  /// The positions of that input whose outputs are the continuation's tokens, one after another.
  ///
  /// - Parameters:
  ///   - prompt: the prompt's number of tokens
  ///   - count: the continuation's
  public func continuationPositions(prompt: Int, count: Int) -> Range<Int> {
    let first = shape.startToken == nil ? prompt - 1 : 0
    return first..<first + count
  }

  /// Tells whether a layer has a component.
  public func hasComponent(_ component: Component, layer: Int) -> Bool {
    dimensions(of: component, layer: layer) != nil
  }

  /// None: positions see everything.
  public func window(of layer: Int) -> AttentionWindow? { nil }

  /// Nil: vectors can't take the place of tokens.
  public func tokenVectors(_ ids: [Int]) -> Tensor? { nil }

  /// None.
  public var stacks: Stacks? { nil }

  /// The rows as they are.
  public func encoded(_ residual: Tensor) -> Tensor { residual }

  /// The last position.
  public func outputPosition(of input: ModelInput) -> Int { input.length - 1 }

  /// False: a position's outputs are made of its own row.
  public var poolsPositions: Bool { false }

  /// The rows as they are.
  public func pooled(_ residual: Tensor, lengths: [Int]) -> Tensor { residual }

  /// The cross-entropy of all logits.
  public func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor {
    logits(residual, outputs: nil).crossEntropy(targets)
  }

  /// The token ids at chosen positions of each input, one after another, all inside the vocabulary:
  /// what ``embed(_:positions:)`` looks up.
  ///
  /// - Parameter readsTypes: whether inputs with token types are read too
  /// - Throws: ``ModelError/invalidInput(expected:found:)`` for an input of another kind or an id
  ///   outside the vocabulary.
  public func tokenIDs(
    _ inputs: [ModelInput], positions: [[Int]], readsTypes: Bool = false
  ) throws -> [Int] {
    var ids: [Int] = []
    for (input, positions) in zip(inputs, positions) {
      guard let tokens = input.tokenIDs, readsTypes || !input.hasTypes else {
        throw ModelError.invalidInput(expected: "token ids", found: input.kind)
      }
      ids += positions.map { tokens[$0] }
    }
    if let id = ids.first(where: { $0 < 0 || $0 >= vocabulary }) {
      throw ModelError.invalidInput(
        expected: "token ids below \(vocabulary)", found: "id \(id)")
    }
    return ids
  }
}

extension Architecture {
  /// The token types at chosen positions of each input, one after another; 0 where an input has
  /// none.
  ///
  /// - Parameter count: the number of types that there are
  /// - Throws: ``ModelError/invalidInput(expected:found:)`` for types that aren't one for each
  ///   token, or another number.
  func typeIDs(_ inputs: [ModelInput], positions: [[Int]], count: Int) throws -> [Int] {
    var ids: [Int] = []
    for (input, positions) in zip(inputs, positions) {
      guard case .segments(let tokens, let types) = input else {
        ids += positions.map { _ in 0 }
        continue
      }
      guard types.count == tokens.count else {
        throw ModelError.invalidInput(
          expected: "\(tokens.count) token types, one for each token", found: "\(types.count)")
      }
      ids += positions.map { types[$0] }
    }
    if let type = ids.first(where: { !(0..<count).contains($0) }) {
      throw ModelError.invalidInput(expected: "token types below \(count)", found: "\(type)")
    }
    return ids
  }
}

/// The width of a component, and the number of heads that make it up.
public struct ComponentDimensions: Equatable, Sendable {
  /// The width of all heads together; of a component with numbers for each position of a sequence
  /// that of one position.
  public let width: Int
  /// The number of heads; nil where there are none.
  public let heads: Int?
  /// Tells whether a row has so many numbers for each position of a sequence, the positions of one
  /// head after those of another.
  public let isPerPosition: Bool

  /// Dimensions without heads unless their number is given, the same for all sequences unless they
  /// are said to be for each position.
  public init(width: Int, heads: Int? = nil, isPerPosition: Bool = false) {
    (self.width, self.heads, self.isPerPosition) = (width, heads, isPerPosition)
  }

  /// Dimensions in a run whose longest sequence has a number of positions.
  public func inRun(longest: Int) -> ComponentDimensions {
    isPerPosition ? ComponentDimensions(width: width * longest, heads: heads) : self
  }

  /// The columns of one head, or all columns.
  func columns(head: Int?) -> Range<Int> {
    guard let head, let heads else { return 0..<width }
    let part = width / heads
    return head * part..<(head + 1) * part
  }
}
