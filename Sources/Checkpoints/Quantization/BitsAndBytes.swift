import CInterchangeKernels
import InterchangeBasics
import InterchangeTensors

/// `bitsandbytes`: weights of 8 bits with a scale for each row, or of 4 bits with one for each
/// block.
///
/// 8 bits: `NAME` is I8 [outputs, inputs] and `SCB` beside it F32 [outputs], the largest magnitude
/// of each row; an element is number · SCB / 127.
///
/// 4 bits: `NAME` has two elements in a byte, the first in its high half, each an index of the 16
/// numbers of `NAME.quant_map`; `NAME.absmax` has the scale of each block, and
/// `NAME.quant_state.bitsandbytes__nf4` (or `fp4`) a JSON text with the shape and the block's size.
/// With double quantization `absmax` is U8, an index of the 256 numbers of `nested_quant_map`,
/// scaled by blocks with `nested_absmax`; the text's `nested_offset` is added.
struct BitsAndBytes: QuantizationMethod {
  static let name = "bitsandbytes"
  static let fields = KnownFields(
    applied: ["load_in_4bit", "load_in_8bit", "quant_method"],
    harmless: [
      "_load_in_4bit", "_load_in_8bit",
      // Said by the tensors themselves.
      "bnb_4bit_quant_storage", "bnb_4bit_quant_type", "bnb_4bit_use_double_quant",
      // In which type other programs multiply.
      "bnb_4bit_compute_dtype", "llm_int8_enable_fp32_cpu_offload", "llm_int8_has_fp16_weight",
      "llm_int8_skip_modules", "llm_int8_threshold",
    ])

  let notes: [String]

  init(_ settings: ModelConfiguration) throws {
    let isInt8: Bool = try settings.valueIfPresent("load_in_8bit") ?? false
    notes =
      isInt8
      ? [
        "its weights are dequantized from 8-bit integers; activations are not rounded to 8 bits, "
          + "which bitsandbytes does"
      ] : []
  }

  func weights(in checkpoint: any Checkpoint) throws -> [QuantizedWeight] {
    let stems = checkpoint.stems(ending: ".SCB")
    let ofInt8 = try stems.map { try int8($0, checkpoint) }
    let states = ["nf4", "fp4"].flatMap { kind in
      checkpoint.stems(ending: ".quant_state.bitsandbytes__\(kind)").map { ($0, kind) }
    }
    return try ofInt8 + states.map { try fourBits($0.0, kind: $0.1, checkpoint) }
  }

  private func int8(_ name: String, _ checkpoint: any Checkpoint) throws -> QuantizedWeight {
    let weight = name + ".weight"
    let stored = try checkpoint.part(weight, [.int8])
    guard stored.shape.count == 2, stored.count > 0 else {
      throw checkpoint.wrong(weight, expected: "a matrix", found: "shape \(stored.shape)")
    }
    var parts = [weight, name + ".SCB"]
    if checkpoint.contains(name + ".weight_format") {
      parts.append(name + ".weight_format")
      let format = try checkpoint.part(name + ".weight_format", [.uint8], []).floats().scalar
      guard format == 0 else {
        throw checkpoint.wrong(
          name + ".weight_format", expected: "0, rows one after the other", found: "\(format)")
      }
    }
    let largest = try checkpoint.part(name + ".SCB", [.float32], [stored.rows]).floats()
    let width = stored.width
    let content = ScaledRows(
      codes: .int8, rows: stored.rows, width: width, group: width,
      read: { range, panel in
        stored.copyRows(range, to: panel.codes)
        for (row, index) in zip(range, 0...) {
          panel.scales[index] = largest.pointer[row] * 0.007_874_015_748_031_496_06
        }
      })
    return QuantizedWeight(name: weight, shape: stored.shape, parts: parts, content: content)
  }

  /// Writes the indices of consecutive elements, a byte each.
  private static func unpack(
    _ bytes: UnsafeRawBufferPointer, from first: Int, count: Int,
    to indices: UnsafeMutablePointer<UInt8>
  ) {
    var index = 0
    if first % 2 == 0 {
      // Four bytes at a time; in each the first element is the high half.
      while index + 8 <= count {
        let word = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: (first + index) / 2, as: UInt32.self))
        let swapped = (word & 0x0f0f_0f0f) << 4 | word >> 4 & 0x0f0f_0f0f
        UnsafeMutableRawPointer(indices + index).storeBytes(
          of: PackedWords.spread(swapped).littleEndian, as: UInt64.self)
        index += 8
      }
    }
    for index in index..<count {
      let pair = bytes[(first + index) / 2]
      indices[index] = (first + index) % 2 == 0 ? pair >> 4 : pair & 15
    }
  }

  private func fourBits(
    _ weight: String, kind: String, _ checkpoint: any Checkpoint
  ) throws -> QuantizedWeight {
    let state = try BlockState(weight + ".quant_state.bitsandbytes__\(kind)", in: checkpoint)
    let stored = try checkpoint.tensor(named: weight)
    let (rows, width) = (state.shape[0], state.shape[1])
    guard stored.bytes.count == (rows * width + 1) / 2 else {
      throw checkpoint.wrong(
        weight, expected: "\((rows * width + 1) / 2) bytes for \(state.shape)",
        found: "\(stored.bytes.count)")
    }
    let map = try checkpoint.part(weight + ".quant_map", [.float32], [16]).floats().elements
    let scales = try state.scales(of: weight, in: checkpoint)
    let block = state.blockSize
    // Blocks are counted over the whole: only where a row has whole ones do its columns share them.
    let group = width % block == 0 ? block : 1
    let groups = width / group
    let content = ScaledRows(
      codes: .bitsAndBytes(map), rows: rows, width: width, group: group,
      read: { range, panel in
        let first = range.lowerBound * width
        stored.withBytes { bytes in
          Self.unpack(bytes, from: first, count: range.count * width, to: panel.codes)
        }
        for index in 0..<range.count * groups {
          panel.scales[index] = scales[(first + index * group) / block]
        }
      })
    let parts =
      ["absmax", "quant_map", "quant_state.bitsandbytes__\(kind)"]
      + (state.nested == nil ? [] : ["nested_absmax", "nested_quant_map"])
    return QuantizedWeight(
      name: weight, shape: state.shape, parts: [weight] + parts.map { "\(weight).\($0)" },
      content: content)
  }
}

extension CodeTable {
  /// The 16 numbers of a file.
  fileprivate static func bitsAndBytes(_ map: [Float]) -> CodeTable {
    func isSame(_ values: UnsafeRawBufferPointer) -> Bool {
      values.bindMemory(to: Float.self).elementsEqual(map)
    }
    let blocks: ElementType? =
      withUnsafeBytes(of: ck_nf4_values, isSame)
      ? .scaledNF4 : withUnsafeBytes(of: ck_fp4_values, isSame) ? .scaledFP4 : nil
    return CodeTable(blocks: blocks, values: map)
  }
}

/// The text beside a weight of 4 bits.
private struct BlockState {
  /// The weight's, [outputs, inputs].
  let shape: [Int]
  /// The elements under one scale.
  let blockSize: Int
  /// The scales under one scale, and what is added to each, where they are quantized too.
  let nested: (blockSize: Int, offset: Float)?

  init(_ name: String, in checkpoint: any Checkpoint) throws {
    func wrong(_ expected: String, _ found: String) -> CheckpointError {
      checkpoint.wrong(name, expected: expected, found: found)
    }
    let text = try checkpoint.part(name, [.uint8]).withBytes { Array($0) }
    let document: JSONValue
    do {
      document = try JSONParser.parse(text)
    } catch {
      throw wrong("valid JSON", "no \(error.expected) at byte \(error.position)")
    }
    func size(_ field: String) throws -> Int {
      guard let value = document[field]?.integer, (1...1 << 24).contains(value) else {
        throw wrong("\(field) of 1 to \(1 << 24)", document[field]?.summary ?? "none")
      }
      return value
    }
    blockSize = try size("blocksize")
    guard let shape = document["shape"].flatMap([Int].init(json:)), shape.count == 2,
      shape.allSatisfy({ (1...1 << 28).contains($0) })
    else { throw wrong("a shape of two axes", document["shape"]?.summary ?? "none") }
    self.shape = shape
    guard document["nested_offset"] != nil || document["nested_blocksize"] != nil else {
      nested = nil
      return
    }
    guard let offset = document["nested_offset"].flatMap(Float.init(json:)) else {
      throw wrong("nested_offset, a number", document["nested_offset"]?.summary ?? "none")
    }
    nested = (try size("nested_blocksize"), offset)
  }

  /// The scale of each block.
  func scales(of weight: String, in checkpoint: any Checkpoint) throws -> [Float] {
    let count = (shape.product + blockSize - 1) / blockSize
    guard let nested else {
      return try checkpoint.part(weight + ".absmax", [.float32], [count]).floats().elements
    }
    let codes = try checkpoint.part(weight + ".absmax", [.uint8], [count])
    let map = try checkpoint.part(weight + ".nested_quant_map", [.float32], [256])
      .floats().elements
    let outer = try checkpoint.part(
      weight + ".nested_absmax", [.float32],
      [(count + nested.blockSize - 1) / nested.blockSize]
    ).floats().elements
    return codes.withBytes { codes in
      codes.indices.map {
        map[Int(codes[$0])] * outer[$0 / nested.blockSize] + nested.offset
      }
    }
  }
}
