import CInterchangeKernels
import InterchangeBasics

extension Tensor {
  /// RMS norm of every row (arXiv 1910.07467): x / √(mean x² + ε) · weight.
  ///
  /// - Parameter weight: [width]
  public func rmsNorm(_ weight: Tensor, epsilon: Float) -> Tensor {
    let (rows, width) = (rows, width)
    require(weight.count == width, "rmsNorm: expected weight [\(width)], got \(weight.shape)")
    let result = Tensor(uninitialized: shape)
    let scales = Tensor(uninitialized: [rows])
    Parallel.ranges(rows, work: count) { range in
      let start = range.lowerBound * width
      ck_rms_norm(
        pointer + start, weight.pointer, epsilon, result.pointer + start,
        scales.pointer + range.lowerBound, range.count, width)
    }
    return result.recorded(from: [self, weight]) { gradient, needed in
      let dx = needed[0] ? Tensor(uninitialized: shape) : nil
      if let dx {
        Parallel.ranges(rows, work: count) { range in
          let start = range.lowerBound * width
          ck_rms_norm_gradient(
            pointer + start, weight.pointer, scales.pointer + range.lowerBound,
            gradient.pointer + start, dx.pointer + start, range.count, width)
        }
      }
      let dWeight = needed[1] ? Tensor.zeros(weight.shape) : nil
      if let dWeight {
        ck_rms_norm_weight_gradient(
          pointer, scales.pointer, gradient.pointer, dWeight.pointer, rows, width)
      }
      return [dx, dWeight]
    }
  }

  /// Layer norm of every row (arXiv 1607.06450): (x − mean) / √(variance + ε) · weight + bias.
  ///
  /// - Parameters:
  ///   - weight: [width]
  ///   - bias: [width]
  public func layerNorm(_ weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      weight.count == width && bias.count == width,
      "layerNorm: expected weight and bias [\(width)], got \(weight.shape), \(bias.shape)")
    let result = Tensor(uninitialized: shape)
    let means = Tensor(uninitialized: [rows])
    let scales = Tensor(uninitialized: [rows])
    Parallel.ranges(rows, work: count) { range in
      let (row, start) = (range.lowerBound, range.lowerBound * width)
      ck_layer_norm(
        pointer + start, weight.pointer, bias.pointer, epsilon, result.pointer + start,
        means.pointer + row, scales.pointer + row, range.count, width)
    }
    return result.recorded(from: [self, weight, bias]) { gradient, needed in
      let dx = needed[0] ? Tensor(uninitialized: shape) : nil
      if let dx {
        Parallel.ranges(rows, work: count) { range in
          let (row, start) = (range.lowerBound, range.lowerBound * width)
          ck_layer_norm_gradient(
            pointer + start, weight.pointer, means.pointer + row, scales.pointer + row,
            gradient.pointer + start, dx.pointer + start, range.count, width)
        }
      }
      guard needed[1] || needed[2] else { return [dx, nil, nil] }
      let (dWeight, dBias) = (Tensor.zeros(weight.shape), Tensor.zeros(bias.shape))
      ck_layer_norm_weight_gradient(
        pointer, means.pointer, scales.pointer, gradient.pointer, dWeight.pointer, dBias.pointer,
        rows, width)
      return [dx, needed[1] ? dWeight : nil, needed[2] ? dBias : nil]
    }
  }

  /// The divisor that a norm gives every row: √(mean (x − m)² + ε), where m is the row's mean or 0:
  /// [rows, 1].
  ///
  /// - Parameter isCentered: true of a layer norm, false of an RMS norm
  public func normScale(isCentered: Bool, epsilon: Float) -> Tensor {
    let (rows, width) = (rows, width)
    let result = Tensor(uninitialized: [rows, 1])
    let means = (0..<rows).map { row in
      isCentered
        ? (0..<width).reduce(0.0) { $0 + Double(pointer[row * width + $1]) } / Double(width) : 0
    }
    for row in 0..<rows {
      let squares = (0..<width).reduce(0.0) { sum, column in
        let centered = Double(pointer[row * width + column]) - means[row]
        return sum + centered * centered
      }
      result.pointer[row] = Float((squares / Double(width) + Double(epsilon)).squareRoot())
    }
    let scales = result
    return result.recorded(from: [self]) { gradient, _ in
      let own = Tensor(uninitialized: [rows, width])
      for row in 0..<rows {
        let share = Double(gradient.pointer[row]) / (Double(width) * Double(scales.pointer[row]))
        for place in row * width..<(row + 1) * width {
          own.pointer[place] = Float((Double(pointer[place]) - means[row]) * share)
        }
      }
      return [own]
    }
  }
}
