import CInterchangeKernels
import InterchangeBasics

/// An element-wise non-linearity.
public enum Activation: String, Sendable, CaseIterable, Codable {
  /// max(0, x).
  case relu
  /// x · sigmoid(x), also called swish.
  case silu
  /// GELU by its tanh approximation (`gelu_new`, `gelu_pytorch_tanh`).
  case geluTanh = "gelu_tanh"
  /// GELU by the error function.
  case gelu
  /// 1 / (1 + e^(−x)).
  case sigmoid
  /// The hyperbolic tangent.
  case tanh
  /// max(0, x)² (`relu2`).
  case reluSquare = "relu_square"
  /// x · sigmoid(1.702 x) (`quick_gelu`).
  case geluQuick = "gelu_quick"

  var kernel: Int32 {
    switch self {
    case .relu: Int32(CK_RELU)
    case .silu: Int32(CK_SILU)
    case .geluTanh: Int32(CK_GELU_TANH)
    case .gelu: Int32(CK_GELU_ERF)
    case .sigmoid: Int32(CK_SIGMOID)
    case .tanh: Int32(CK_TANH)
    case .reluSquare: Int32(CK_RELU_SQUARE)
    case .geluQuick: Int32(CK_GELU_QUICK)
    }
  }
}

extension Tensor {
  private static func requireSameShape(_ a: Tensor, _ b: Tensor, _ operation: String) {
    require(
      a.shape == b.shape, "\(operation): expected equal shapes, got \(a.shape), \(b.shape)")
  }

  /// Fills a new tensor of this shape over all threads; `fill` gets a range of elements.
  func mapped(_ fill: (UnsafeMutablePointer<Float>, Range<Int>) -> Void) -> Tensor {
    let result = Tensor(uninitialized: shape)
    Parallel.ranges(count, work: count) { fill(result.pointer, $0) }
    return result
  }

  /// The same numbers; whatever loss they lead to has the gradient of a scalar cost added to its
  /// own.
  package func charging(_ cost: Tensor) -> Tensor {
    let shape = cost.shape
    return detached.recorded(from: [self, cost]) { gradient, needed in
      [gradient, needed[1] ? Tensor(repeating: 1, shape: shape) : nil]
    }
  }

  /// The element-wise sum of two tensors of one shape.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    requireSameShape(a, b, "+")
    return a.mapped { out, range in
      let start = range.lowerBound
      ck_add(a.pointer + start, b.pointer + start, out + start, range.count)
    }.recorded(from: [a, b]) { gradient, _ in [gradient, gradient] }
  }

  /// The element-wise difference of two tensors of one shape.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    requireSameShape(a, b, "-")
    return a.mapped { out, range in
      let start = range.lowerBound
      ck_subtract(a.pointer + start, b.pointer + start, out + start, range.count)
    }.recorded(from: [a, b]) { gradient, needed in
      [gradient, needed[1] ? -1 * gradient : nil]
    }
  }

  /// The element-wise product of two tensors of one shape.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    requireSameShape(a, b, "*")
    return a.mapped { out, range in
      let start = range.lowerBound
      ck_multiply(a.pointer + start, b.pointer + start, out + start, range.count)
    }.recorded(from: [a, b]) { gradient, needed in
      let (a, b) = (a.detached, b.detached)
      return [needed[0] ? gradient * b : nil, needed[1] ? gradient * a : nil]
    }
  }

  /// The element-wise quotient of two tensors of one shape.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    requireSameShape(a, b, "/")
    let result = a.mapped { out, range in
      for place in range { out[place] = a.pointer[place] / b.pointer[place] }
    }
    let quotient = result
    return result.recorded(from: [a, b]) { gradient, needed in
      let own = gradient.mapped { out, range in
        for place in range { out[place] = gradient.pointer[place] / b.pointer[place] }
      }
      return [needed[0] ? own : nil, needed[1] ? -1 * (own * quotient) : nil]
    }
  }

  /// Every element times one number.
  public static func * (scale: Float, a: Tensor) -> Tensor {
    a.mapped { out, range in
      ck_scale(a.pointer + range.lowerBound, scale, out + range.lowerBound, range.count)
    }.recorded(from: [a]) { gradient, _ in [scale * gradient] }
  }

  /// The non-linearity of every element.
  public func activated(_ activation: Activation) -> Tensor {
    let function = activation.kernel
    return mapped { out, range in
      ck_activation(function, pointer + range.lowerBound, out + range.lowerBound, range.count)
    }.recorded(from: [self]) { gradient, _ in
      [
        mapped { out, range in
          let start = range.lowerBound
          ck_activation_gradient(
            function, pointer + start, gradient.pointer + start, out + start, range.count)
        }
      ]
    }
  }

  /// The gated unit silu(gate) · up of LLaMA's MLP, in one pass; both are [rows, width].
  public static func swiglu(gate: Tensor, up: Tensor) -> Tensor {
    requireSameShape(gate, up, "swiglu")
    return gate.mapped { out, range in
      let start = range.lowerBound
      ck_swiglu(gate.pointer + start, up.pointer + start, out + start, range.count)
    }.recorded(from: [gate, up], keeping: [gate, up]) { gradient, needed, _, kept in
      var kept = kept
      let dGate = needed[0] ? takingPlace(of: &kept[0]) : nil
      let dUp = needed[1] ? takingPlace(of: &kept[1]) : nil
      Parallel.ranges(gradient.count, work: gradient.count) { range in
        let start = range.lowerBound
        ck_swiglu_gradient(
          kept[0].pointer + start, kept[1].pointer + start, gradient.pointer + start,
          dGate.map { $0.pointer + start }, dUp.map { $0.pointer + start }, range.count)
      }
      return withExtendedLifetime(kept) { [dGate, dUp] }
    }
  }

  /// Every element bounded smoothly: cap · tanh(x / cap).
  public func softCapped(at cap: Float) -> Tensor { cap * ((1 / cap) * self).activated(.tanh) }

  /// Every element moved into −limit…limit.
  public func clipped(to limit: Float) -> Tensor { clipped(to: -limit...limit) }

  /// Every element moved into a range; no gradient comes from those that were outside.
  public func clipped(to range: ClosedRange<Float>) -> Tensor {
    let (low, high) = (range.lowerBound, range.upperBound)
    return mapped { out, indices in
      for index in indices { out[index] = min(max(pointer[index], low), high) }
    }.recorded(from: [self]) { gradient, _ in
      [
        gradient.mapped { out, indices in
          for index in indices {
            out[index] = range.contains(pointer[index]) ? gradient.pointer[index] : 0
          }
        }
      ]
    }
  }

  /// The sum of all elements, as a scalar.
  public func sum() -> Tensor {
    Tensor([Float(ck_sum(pointer, count))], shape: []).recorded(from: [self]) { gradient, _ in
      [Tensor(repeating: gradient.scalar, shape: shape)]
    }
  }

  /// The mean of all elements, as a scalar.
  public func mean() -> Tensor { (1 / Float(max(1, count))) * sum() }

  /// Σ a·b over all elements, without a gradient.
  public static func dot(_ a: Tensor, _ b: Tensor) -> Double {
    requireSameShape(a, b, "dot")
    return withExtendedLifetime((a, b)) { ck_dot(a.pointer, b.pointer, a.count) }
  }
}

extension Tensor {
  /// The column of the largest element of every row; the first of equal ones.
  public func rowMaxima() -> [Int] {
    let width = width
    return withElements { elements in
      (0..<rows).map { row in
        let line = elements[row * width..<(row + 1) * width]
        return line.indices.reduce(line.startIndex) { line[$1] > line[$0] ? $1 : $0 } - row * width
      }
    }
  }
}
