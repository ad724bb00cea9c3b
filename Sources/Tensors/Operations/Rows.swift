import CInterchangeKernels
import InterchangeBasics

extension Tensor {
  /// The chosen rows of [rows, width], in the order given; an index may repeat.
  public func gatherRows(_ indices: [Int]) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      indices.allSatisfy { $0 >= 0 && $0 < rows }, "gatherRows: an index outside 0..<\(rows)")
    let result = Tensor(uninitialized: [indices.count, width])
    Parallel.ranges(indices.count, work: result.count) { range in
      for row in range {
        (result.pointer + row * width)
          .update(from: pointer + indices[row] * width, count: width)
      }
    }
    let shape = shape
    return result.recorded(from: [self]) { gradient, _ in
      let whole = Tensor.zeros(shape)
      for (row, index) in indices.enumerated() {
        ck_accumulate(gradient.pointer + row * width, 1, whole.pointer + index * width, width)
      }
      return [whole]
    }
  }

  /// A copy in which the rows at `indices` are those of `replacement`; no index may repeat.
  public func replacingRows(_ indices: [Int], with replacement: Tensor) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      replacement.rows == indices.count && replacement.width == width,
      "replacingRows: expected [\(indices.count), \(width)], got \(replacement.shape)")
    require(
      indices.allSatisfy { $0 >= 0 && $0 < rows } && Set(indices).count == indices.count,
      "replacingRows: indices must be distinct and inside 0..<\(rows)")
    let result = Tensor(uninitialized: shape)
    Parallel.ranges(count, work: count) { range in
      (result.pointer + range.lowerBound)
        .update(from: pointer + range.lowerBound, count: range.count)
    }
    for (row, index) in indices.enumerated() {
      (result.pointer + index * width).update(from: replacement.pointer + row * width, count: width)
    }
    return result.recorded(from: [self, replacement]) { gradient, needed in
      var kept = gradient
      if needed[0] {
        kept.node = nil
        kept.mutateElements { elements in
          for index in indices {
            (elements.baseAddress! + index * width).update(repeating: 0, count: width)
          }
        }
      }
      return [needed[0] ? kept : nil, needed[1] ? gradient.gatherRows(indices) : nil]
    }
  }

  /// The chosen columns of [rows, width] → [rows, columns.count].
  public func columns(_ range: Range<Int>) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      range.lowerBound >= 0 && range.upperBound <= width, "columns: \(range) outside 0..<\(width)")
    let result = Tensor(uninitialized: [rows, range.count])
    for row in 0..<rows {
      (result.pointer + row * range.count)
        .update(from: pointer + row * width + range.lowerBound, count: range.count)
    }
    return result.recorded(from: [self]) { gradient, _ in
      [Tensor.zeros([rows, width]).writingColumns(range, of: gradient)]
    }
  }

  /// A copy in which the columns in `range` are those of `replacement` [rows, range.count].
  public func replacingColumns(_ range: Range<Int>, with replacement: Tensor) -> Tensor {
    require(
      replacement.rows == rows && replacement.width == range.count
        && range.lowerBound >= 0 && range.upperBound <= width,
      "replacingColumns: expected [\(rows), \(range.count)], got \(replacement.shape)")
    return detached.writingColumns(range, of: replacement)
      .recorded(from: [self, replacement]) { gradient, needed in
        let zeros = Tensor.zeros(replacement.shape)
        return [
          needed[0] ? gradient.writingColumns(range, of: zeros) : nil,
          needed[1] ? gradient.columns(range) : nil,
        ]
      }
  }

  private func writingColumns(_ range: Range<Int>, of source: Tensor) -> Tensor {
    var result = detached
    let (rows, width) = (rows, width)
    result.mutateElements { elements in
      for row in 0..<rows {
        (elements.baseAddress! + row * width + range.lowerBound)
          .update(from: source.pointer + row * range.count, count: range.count)
      }
    }
    return result
  }

  /// Matrices of one width under one another.
  public static func concatenatingRows(_ parts: [Tensor]) -> Tensor {
    require(!parts.isEmpty, "concatenatingRows: expected at least one matrix")
    if parts.count == 1 { return parts[0] }
    let width = parts[0].width
    require(
      parts.allSatisfy { $0.width == width }, "concatenatingRows: widths \(parts.map(\.width))")
    let result = Tensor(uninitialized: [parts.reduce(0) { $0 + $1.rows }, width])
    var start = 0
    for part in parts {
      (result.pointer + start).update(from: part.pointer, count: part.count)
      start += part.count
    }
    let lengths = parts.map(\.rows)
    return withExtendedLifetime(parts) { result }.recorded(from: parts) { gradient, needed in
      var row = 0
      return zip(lengths, needed).map { length, needed in
        defer { row += length }
        return needed ? gradient.rowSlice(row..<row + length) : nil
      }
    }
  }

  /// Consecutive rows, sharing this tensor's storage.
  public func rowSlice(_ range: Range<Int>) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      range.lowerBound >= 0 && range.upperBound <= rows, "rowSlice: \(range) outside 0..<\(rows)")
    let slice = Tensor(
      shape: [range.count, width], storage: storage, offset: offset + range.lowerBound * width)
    return slice.recorded(from: [self]) { gradient, _ in
      let whole = Tensor.zeros([rows, width])
      (whole.pointer + range.lowerBound * width).update(
        from: gradient.pointer, count: gradient.count)
      return [whole]
    }
  }
}
