import CInterchangeKernels

extension Kernels {
  /// Floats that are packed at a time, about: with few rows no more than the second-level caches
  /// hold, because packing is much of the work; with more no less than makes laying out `a` worth
  /// it.
  private static func packedCount(_ rows: Int) -> Int { rows <= 128 ? 1 << 18 : 1 << 20 }

  /// c = a·B, or c += a·B with `accumulating`, for many rows of `a`; B is a range of a weight's
  /// rows, [range.count, width], or with `transposed` their transpose.
  ///
  /// An element of c depends on the terms of its sum only: not on the other rows of `a`, nor on the
  /// number of threads.
  static func packedProduct(
    _ a: ck_left, rows: Int, _ weight: UnsafePointer<ck_weight>, _ range: Range<Int>,
    transposed: Bool, into c: Rows, _ stride: Int, accumulating: Bool = false
  ) {
    let width = weight.pointee.width
    // Whole panels, or whole steps of a sum.
    let unit = Int(transposed ? CK_PANEL : CK_DEPTH)
    let size = max(1, packedCount(rows) / max(1, width) / unit) * unit
    for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: size) {
      let part = start..<min(start + size, range.upperBound)
      let offset = start - range.lowerBound
      let (terms, columns) = transposed ? (width, part.count) : (part.count, width)
      let packed = Tensor(uninitialized: [ck_packed_count(terms, columns)])
      pack(weight, part, transposed: transposed, into: packed.pointer)
      var left = a
      if !transposed { left.data += a.transposed != 0 ? offset * a.stride : offset }
      multiply(
        left, rows: rows, packed.pointer, terms: terms, columns: columns,
        accumulating: accumulating || !transposed && offset > 0,
        into: c + (transposed ? offset : 0), stride)
      withExtendedLifetime(packed) {}
    }
  }

  private static func pack(
    _ weight: UnsafePointer<ck_weight>, _ range: Range<Int>, transposed: Bool, into packed: Rows
  ) {
    let work = range.count * weight.pointee.width
    if transposed {
      let panels = (range.count + Int(CK_PANEL) - 1) / Int(CK_PANEL)
      Parallel.chunks(panels, size: 2, work: work) { part in
        ck_pack_transposed(
          weight, range.lowerBound, range.count, part.lowerBound, part.count, packed)
      }
    } else {
      Parallel.chunks(range.count, size: 48, work: work) { part in
        ck_pack(weight, range.lowerBound, range.count, part.lowerBound, part.count, packed)
      }
    }
  }

  private static func multiply(
    _ a: ck_left, rows: Int, _ packed: UnsafePointer<Float>, terms: Int, columns: Int,
    accumulating: Bool, into c: Rows, _ stride: Int
  ) {
    let panels = (columns + Int(CK_PANEL) - 1) / Int(CK_PANEL)
    let blocks = (rows + Int(CK_ROWS) - 1) / Int(CK_ROWS)
    // Pieces small enough that a slower thread takes fewer of them, each of two panels at least.
    let parts = min(max(1, panels / 2), (24 + blocks - 1) / blocks)
    Parallel.chunks(blocks * parts, size: 1, work: rows * columns * terms / 16) { range in
      let scratch = Tensor(uninitialized: [Int(CK_PRODUCT_SCRATCH)])
      for piece in range {
        let (block, part) = (piece / parts, piece % parts)
        let row = block * Int(CK_ROWS)
        let panel = panels * part / parts
        ck_product(
          a, packed, terms, columns, row, min(Int(CK_ROWS), rows - row), panel,
          panels * (part + 1) / parts - panel, accumulating ? 1 : 0, c, stride, scratch.pointer)
      }
      withExtendedLifetime(scratch) {}
    }
  }
}
