import CInterchangeKernels
import InterchangeBasics
import InterchangeTensors

/// The numbers that codes of 4 or 8 bits stand for, before their scale.
struct CodeTable: Sendable {
  /// The block form that holds such codes under scales; nil where there is none.
  let blocks: ElementType?
  /// The number that each code stands for: 16 or 256.
  let values: [Float]
  /// True where an offset is added to a scaled number.
  var hasOffsets = false

  /// Whole numbers of 8 bits with a sign.
  static let int8 = CodeTable(
    blocks: .scaledInt8, values: (0..<256).map { Float(Int8(truncatingIfNeeded: $0)) })
  /// ``ElementType/float8_e4m3``.
  static let float8 = CodeTable(
    blocks: .scaledFloat8,
    values: [Float](unsafeUninitializedCapacity: 256) { values, count in
      ck_widen_f8_e4m3((UInt8.min...UInt8.max).map(\.self), values.baseAddress, 256)
      count = 256
    })
  /// 0 to 15, with offsets.
  static let uint4 = CodeTable(
    blocks: .scaledUInt4, values: (0..<16).map(Float.init), hasOffsets: true)
  /// 0 to 255, with offsets.
  static let uint8 = CodeTable(
    blocks: nil, values: (0..<256).map(Float.init), hasOffsets: true)
}

/// The rows of a matrix as small numbers under scales, whatever form a folder stores them in.
struct ScaledRows: Sendable {
  /// Places for at most ``panelRows`` consecutive rows, to be filled.
  struct Panel {
    /// The codes, [rows, width].
    let codes: UnsafeMutablePointer<UInt8>
    /// The scales, [rows, groups].
    let scales: UnsafeMutablePointer<Float>
    /// The offsets, [rows, groups], where the codes have them.
    let offsets: UnsafeMutablePointer<Float>
  }

  let codes: CodeTable
  let rows: Int
  let width: Int
  /// The number of neighboring columns under one scale, counted from column 0.
  let group: Int
  /// Writes consecutive rows.
  let read: @Sendable (Range<Int>, Panel) -> Void

  private static let block = 32
  /// The rows that are read at a time: as many as share the cache lines of words along a column.
  static let panelRows = 16

  /// The number of scales of a row.
  var groups: Int { (width + group - 1) / group }

  /// The form in which the elements are held: blocks where no block has two scales.
  var elementType: ElementType {
    let fits = width % Self.block == 0 && (group % Self.block == 0 || group >= width)
    return fits ? codes.blocks ?? .float32 : .float32
  }

  /// Writes all rows in the form of ``elementType``, on all threads.
  func write(to destination: UnsafeMutableRawBufferPointer) {
    guard let base = destination.baseAddress, rows > 0 else { return }
    let type = elementType
    let bytesPerRow = width / type.blockSize * type.bytesPerBlock
    let panels = (rows + Self.panelRows - 1) / Self.panelRows
    Parallel.chunks(panels, size: 1, work: rows * width) { chunk in
      withPanel { panel in
        for start in chunk.lazy.map({ $0 * Self.panelRows }) {
          let range = start..<min(rows, start + Self.panelRows)
          read(range, panel)
          for (row, index) in zip(range, 0...) {
            let out = base + row * bytesPerRow
            let codes = panel.codes + index * width
            let (scales, offsets) = (panel.scales + index * groups, panel.offsets + index * groups)
            if type == .float32 {
              widen(codes, scales, offsets, into: out)
            } else {
              pack(codes, scales, offsets, into: out, bytesPerBlock: type.bytesPerBlock)
            }
          }
        }
      }
    }
  }

  private func withPanel(_ body: (Panel) -> Void) {
    let rows = Self.panelRows
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rows * width) { codes in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * rows * groups) { floats in
        guard let codes = codes.baseAddress, let floats = floats.baseAddress else { return }
        floats.initialize(repeating: 0, count: 2 * rows * groups)
        body(Panel(codes: codes, scales: floats, offsets: floats + rows * groups))
      }
    }
  }

  private func widen(
    _ codes: UnsafePointer<UInt8>, _ scales: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>,
    into out: UnsafeMutableRawPointer
  ) {
    self.codes.values.withUnsafeBufferPointer { values in
      for column in 0..<width {
        let scaled = scales[column / group] * values[Int(codes[column])]
        out.storeBytes(
          of: self.codes.hasOffsets ? scaled + offsets[column / group] : scaled,
          toByteOffset: 4 * column, as: Float.self)
      }
    }
  }

  /// Writes a row's blocks: the scale, the offset if there is one, and the codes, those of 4 bits
  /// with element i + 16 in the high half of byte i.
  private func pack(
    _ codes: UnsafePointer<UInt8>, _ scales: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>,
    into out: UnsafeMutableRawPointer, bytesPerBlock: Int
  ) {
    let half = Self.block / 2
    for index in 0..<width / Self.block {
      let (column, block) = (index * Self.block, out + index * bytesPerBlock)
      block.storeBytes(of: scales[column / group], as: Float.self)
      if self.codes.hasOffsets {
        block.storeBytes(of: offsets[column / group], toByteOffset: 4, as: Float.self)
      }
      let fields = (block + (self.codes.hasOffsets ? 8 : 4)).assumingMemoryBound(to: UInt8.self)
      let source = codes + column
      if self.codes.values.count > 16 {
        fields.update(from: source, count: Self.block)
      } else {
        for i in 0..<half { fields[i] = source[i] | source[i + half] << 4 }
      }
    }
  }
}

extension ScaledRows {
  /// Whole numbers of a few bits without a sign, from each of which the zero of its group is taken:
  /// scale · (q − zero).
  struct Integers: Sendable {
    let bits: Int
    let rows: Int
    let width: Int
    /// The number of columns of a group, which are neighbors unless ``groupOfColumn`` says
    /// otherwise.
    let groupSize: Int
    var groupOfColumn: [Int32]?
    /// The type that the scales are stored in.
    let scaleType: ElementType
    /// The scale of a row and group.
    let scale: @Sendable (Int, Int) -> Float
    /// The zero of a row and group.
    let zero: @Sendable (Int, Int) -> Int
    /// Writes the numbers of consecutive rows, [rows, width].
    let read: @Sendable (Range<Int>, UnsafeMutablePointer<UInt8>) -> Void

    /// True when every number of 8 bits less its zero is one of 8 bits with a sign.
    fileprivate var areSigned: Bool {
      let groups = (width + groupSize - 1) / groupSize
      return (0..<rows).allSatisfy { row in (0..<groups).allSatisfy { zero(row, $0) == 128 } }
    }
  }

  /// The rows of whole numbers.
  ///
  /// With scales of 16 bits every product and sum is exact; with others the zero is taken off
  /// before, where what is left has 8 bits.
  init(_ integers: Integers) {
    let (width, mapping) = (integers.width, integers.groupOfColumn)
    // Columns in another order than their groups have no neighbors under the same scale.
    let group = mapping == nil ? integers.groupSize : 1
    let isExact = integers.scaleType == .float16 || integers.scaleType == .bfloat16
    let groups = (width + group - 1) / group
    let codes: CodeTable =
      integers.bits == 8 ? integers.areSigned ? .int8 : .uint8 : isExact ? .uint4 : .int8
    self.init(
      codes: codes, rows: integers.rows, width: width, group: group,
      read: { range, panel in
        integers.read(range, panel.codes)
        for (row, index) in zip(range, 0...) {
          let line = panel.codes + index * width
          for place in 0..<groups {
            let scaleGroup = mapping.map { Int($0[place]) } ?? place
            let (scale, zero) = (integers.scale(row, scaleGroup), integers.zero(row, scaleGroup))
            panel.scales[index * groups + place] = scale
            panel.offsets[index * groups + place] = -scale * Float(zero)
            guard !codes.hasOffsets else { continue }
            for column in place * group..<min(width, (place + 1) * group) {
              line[column] = UInt8(bitPattern: Int8(Int(line[column]) - zero))
            }
          }
        }
      })
  }
}
