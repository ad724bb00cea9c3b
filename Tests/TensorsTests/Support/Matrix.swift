import InterchangeTensors

/// A matrix of Doubles: what the plain-loop references compute with.
struct Matrix: Equatable {
  let rows: Int
  let width: Int
  var elements: [Double]

  init(rows: Int, width: Int, elements: [Double]) {
    precondition(elements.count == rows * width)
    (self.rows, self.width, self.elements) = (rows, width, elements)
  }

  init(zeros rows: Int, _ width: Int) {
    self.init(rows: rows, width: width, elements: Array(repeating: 0, count: rows * width))
  }

  init(_ tensor: Tensor) {
    self.init(
      rows: tensor.rows, width: tensor.width, elements: tensor.elements.map(Double.init))
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * width + column] }
    set { elements[row * width + column] = newValue }
  }

  var transposed: Matrix {
    var result = Matrix(zeros: width, rows)
    for row in 0..<rows { for column in 0..<width { result[column, row] = self[row, column] } }
    return result
  }

  static func * (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.width == b.rows)
    var result = Matrix(zeros: a.rows, b.width)
    result.elements.withUnsafeMutableBufferPointer { out in
      for row in 0..<a.rows {
        for inner in 0..<a.width {
          let factor = a[row, inner]
          for column in 0..<b.width { out[row * b.width + column] += factor * b[inner, column] }
        }
      }
    }
    return result
  }

  static func identity(_ size: Int) -> Matrix {
    var result = Matrix(zeros: size, size)
    for index in 0..<size { result[index, index] = 1 }
    return result
  }
}

/// max |R Rᵀ − I| over the elements, in double precision.
func orthonormalityError(rowsOf frame: Tensor) -> Double {
  let matrix = Matrix(frame)
  let product = matrix * matrix.transposed
  let identity = Matrix.identity(matrix.rows)
  // `reduce(0, max)` would drop a NaN; infinity can't be mistaken for orthonormal.
  return zip(product.elements, identity.elements).reduce(0) { worst, pair in
    let error = abs(pair.0 - pair.1)
    return error.isNaN ? .infinity : max(worst, error)
  }
}
