import InterchangeBasics

/// An error in a model file, or in a request made of a model.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The file or folder is not a model that can be loaded.
  case unreadable(path: String, reason: String)
  /// The architecture named in the file is not one that is known here.
  /// `needed` is what reading it as the nearest known one would need, if that can be told.
  case unknownArchitecture(path: String, found: String, known: [String], needed: String? = nil)
  /// The architecture doesn't list its weights, so that they can't be changed or made anew.
  case unlistedWeights(architecture: String)
  /// The model was made in memory, so that there are no files for what is wanted.
  case notFromFiles(name: String, purpose: String)
  /// A configuration value is outside what the architecture can have.
  case invalidConfiguration(path: String, field: String, expected: String, found: String)
  /// A tensor has another shape than the configuration says.
  case shapeMismatch(path: String, tensor: String, expected: [Int], found: [Int])
  /// The checkpoint has tensors that the architecture doesn't: they would change what it computes.
  case unknownTensors(path: String, tensors: [String], architecture: String)
  /// A weight is stored as whole numbers, which mean nothing without a quantization's scales.
  case integerWeights(path: String, tensor: String, type: String)
  /// The vocabulary of the tokenizer does not fit the embedding table.
  case tokenizerMismatch(path: String, vocabulary: Int, embeddings: Int)
  /// The model has no such layer.
  case layerOutOfRange(layer: Int, layers: Int)
  /// The site has no such head.
  case headOutOfRange(head: Int, heads: Int, site: String)
  /// The architecture has no such component, or it has no heads.
  case noSuchComponent(component: String, architecture: String)
  /// The layer has no such component, others have.
  case componentOfOtherLayers(component: String, layer: Int, layers: [Int])
  /// The component's vectors have numbers for each position of a text, so no width of their own.
  case widthOfText(component: String)
  /// Vectors with numbers for each position are to be compared over texts of different lengths.
  case unequalLengths(component: String, lengths: [Int])
  /// One layer's weight is to be changed, which others have too.
  case sharedWeight(projection: String, layer: Int, layers: Int)
  /// A weight is to be changed that makes other rows beside those of its projection.
  case weightMakesMore(projection: String, layer: Int, what: String)
  /// A position lies outside a sequence.
  case positionOutOfRange(position: Int, length: Int)
  /// The sequence has no span of that name.
  case noSuchSpan(name: String, known: [String])
  /// Generated positions are meant where nothing is generated.
  case nothingGenerated
  /// A position beside a span lies outside the text.
  case outsideText(position: String, length: Int)
  /// The input is empty, or too long for the model.
  case invalidLength(length: Int, maximum: Int)
  /// An input of another kind or width than the model reads.
  case invalidInput(expected: String, found: String)
  /// Outputs are asked of a model that has no head.
  case noOutputs(architecture: String)
  /// Text is to be continued by a model that reads all positions at once.
  case notADecoder(architecture: String)
  /// A text is to be continued by a model whose outputs are labels.
  case givesLabels(architecture: String, labels: [String])
  /// The base runs of one batch need more memory than the store may take.
  case activationBudget(needed: Int, budget: Int)
  /// A run gave infinity or no number; `origin` is where in the model that begins, if it is known.
  case notFinite(place: String, value: String, origin: String?)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): \(reason)"
    case .unknownArchitecture(let path, let found, let known, let needed):
      "\(path): unknown architecture '\(found)'; "
        + Self.nearest(known, to: found) + (needed.map { "; \($0)" } ?? "")
    case .unlistedWeights(let architecture):
      "the architecture \(architecture) doesn't list its weights (it is no WeightInventory): "
        + "they can't be changed or initialized anew"
    case .notFromFiles(let name, let purpose):
      "the model \(name) was made in memory: it has no files to \(purpose)"
    case .invalidConfiguration(let path, let field, let expected, let found):
      "\(path): \(field): expected \(expected), found \(found)"
    case .shapeMismatch(let path, let tensor, let expected, let found):
      "\(path): tensor '\(tensor)': expected shape \(expected), found \(found)"
    case .unknownTensors(let path, let tensors, let architecture):
      "\(path): tensors that nothing of \(architecture) reads: "
        + tensors.prefix(3).joined(separator: ", ")
        + (tensors.count > 3 ? " and \(tensors.count - 3) more" : "")
        + "; what they would change is not known here"
    case .integerWeights(let path, let tensor, let type):
      "\(path): tensor '\(tensor)': expected floats or one of GGUF's block types, found \(type); "
        + "models quantized by other tools have to be widened first"
    case .tokenizerMismatch(let path, let vocabulary, let embeddings):
      "\(path): the tokenizer doesn't match the model: its vocabulary has \(vocabulary) tokens, "
        + "the embedding table \(embeddings) rows"
    case .layerOutOfRange(let layer, let layers):
      "layer \(layer) is out of range: the model has layers 0 to \(layers - 1)"
    case .headOutOfRange(let head, let heads, let site):
      "head \(head) is out of range: \(site) has heads 0 to \(heads - 1)"
    case .noSuchComponent(let component, let architecture):
      "no component '\(component)' in a \(architecture) model"
    case .componentOfOtherLayers(let component, let layer, let layers):
      "layer \(layer) has no \(component): expected "
        + (layers.count == 1 ? "layer " : "one of layers ")
        + layers.map(String.init).joined(separator: ", ")
    case .widthOfText(let component):
      "\(component) has numbers for each position of a text, so that its width is another for each "
        + "length: expected a component of one width"
    case .unequalLengths(let component, let lengths):
      "\(component) has numbers for each position: expected texts of one length, found "
        + lengths.map(String.init).joined(separator: ", ") + " tokens"
    case .sharedWeight(let projection, let layer, let layers):
      "the weight of \(projection) in layer \(layer) can't be changed for this layer alone: "
        + "\(layers) layers share it; edit its activations instead"
    case .weightMakesMore(let projection, let layer, let what):
      "the weight of \(projection) in layer \(layer) can't be changed for the \(projection) alone: "
        + "it also makes \(what); use the adapter without merging it, or one of other projections"
    case .positionOutOfRange(_, 0):
      "the input is empty: expected at least one token"
    case .positionOutOfRange(let position, let length):
      "position \(position) is out of range: the sequence has \(length) tokens (0 to \(length - 1),"
        + " or -\(length) to -1 from the end)"
    case .noSuchSpan(let name, let known):
      "no span '\(name)' in the input; "
        + (known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))")
    case .nothingGenerated:
      "the positions 'generated' follow a prompt, and nothing is generated here; "
        + "'every' means all that there are"
    case .outsideText(let position, let length):
      "position \(position) is outside the text, which has \(length) tokens"
    case .invalidLength(let length, let maximum):
      length == 0
        ? "the input is empty: expected at least one token"
        : "the input has \(length) tokens, the model reads at most \(maximum)"
    case .activationBudget(let needed, let budget):
      "activation memory: " + Self.excess(needed, over: budget)
        + ": take smaller batches or a larger budget"
    case .notFinite(let place, let value, let origin):
      "\(place): expected finite numbers, found \(value)"
        + (origin.map { "; they begin in \($0)" } ?? "")
    case .noOutputs(let architecture):
      "this \(architecture) model has no head, so no outputs: only its hidden vectors can be read"
    case .notADecoder(let architecture):
      "a \(architecture) model is an encoder: it can't continue a text"
    case .givesLabels(let architecture, let labels):
      "this \(architecture) model is a classifier: its outputs are \(labels.count) labels, and no "
        + "tokens that a text could go on with"
    case .invalidInput(let expected, let found):
      "expected an input of \(expected), found \(found)"
    }
  }

  /// The names that something could have had: all of a few, the nearest of many.
  private static func nearest(_ known: [String], to found: String) -> String {
    guard known.count > 6 else { return "expected one of \(known.joined(separator: ", "))" }
    let near = nearNames(to: found, among: known)
    return near.isEmpty
      ? "none of the \(known.count) known names is near"
      : "nearest of \(known.count) known: \(near.joined(separator: ", "))"
  }

  /// Both sizes in one unit, rounded so that the larger one shows as such.
  private static func excess(_ needed: Int, over budget: Int) -> String {
    let (shift, unit) = needed < 10 << 20 ? (10, "KiB") : (20, "MiB")
    let whole = (needed + (1 << shift) - 1) >> shift
    return "the base runs of one batch need \(whole) \(unit), "
      + "the budget is \(budget >> shift) \(unit)"
  }
}
