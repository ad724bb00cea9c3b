import InterchangeTensors

extension Activation {
  /// The name in transformers' table of activation functions, `ACT2FN`.
  var transformersName: String {
    switch self {
    case .relu, .silu, .gelu, .sigmoid, .tanh: rawValue
    case .geluTanh: "gelu_pytorch_tanh"
    case .reluSquare: "relu2"
    case .geluQuick: "quick_gelu"
    }
  }

  /// The function of a name in transformers' table; nil for others.
  init?(transformersName name: String) {
    let other = ["gelu_new": Activation.geluTanh, "swish": .silu][name]
    guard let found = Self.allCases.first(where: { $0.transformersName == name }) ?? other else {
      return nil
    }
    self = found
  }
}
