/// Words of 32 bits of a tensor, at any alignment, that hold small whole numbers, the lowest bits
/// first.
// Unchecked because of the pointer; the bytes it points to are never written.
struct PackedWords: @unchecked Sendable {
  private let base: UnsafeRawBufferPointer
  /// The owner that keeps the bytes in memory.
  private let owner: MappedFile

  init(_ tensor: StoredTensor) { (base, owner) = (tensor.bytes, tensor.file) }

  /// The word at an index.
  subscript(_ index: Int) -> UInt32 {
    UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
  }

  /// Writes the numbers of a word, 32 / bits of 2, 4 or 8 bits, a byte each.
  func unpack(_ index: Int, bits: Int, to numbers: UnsafeMutablePointer<UInt8>) {
    let (word, out) = (self[index], UnsafeMutableRawPointer(numbers))
    switch bits {
    case 4: out.storeBytes(of: Self.spread(word).littleEndian, as: UInt64.self)
    case 8: out.storeBytes(of: word.littleEndian, as: UInt32.self)
    default:
      for place in 0..<32 / bits {
        numbers[place] = UInt8(
          truncatingIfNeeded: word >> UInt32(bits * place) & (1 << UInt32(bits) - 1))
      }
    }
  }

  /// The eight numbers of 4 bits of a word, a byte each, the lowest first.
  static func spread(_ word: UInt32) -> UInt64 {
    var wide = UInt64(word)
    wide = (wide | wide << 16) & 0x0000_ffff_0000_ffff
    wide = (wide | wide << 8) & 0x00ff_00ff_00ff_00ff
    return (wide | wide << 4) & 0x0f0f_0f0f_0f0f_0f0f
  }

  /// Exchanges the bytes of eight words of 64 bits with their places: byte i of word k becomes byte
  /// k of word i.
  static func transpose(_ words: UnsafeMutablePointer<UInt64>) {
    for (step, bits, mask) in [
      (4, 32 as UInt64, 0x0000_0000_ffff_ffff as UInt64), (2, 16, 0x0000_ffff_0000_ffff),
      (1, 8, 0x00ff_00ff_00ff_00ff),
    ] {
      for low in 0..<8 where low & step == 0 {
        let swapped = (words[low] >> bits ^ words[low + step]) & mask
        words[low + step] ^= swapped
        words[low] ^= swapped << bits
      }
    }
  }
}

extension StoredTensor {
  /// Copies the bytes of consecutive rows.
  func copyRows(_ range: Range<Int>, to destination: UnsafeMutablePointer<UInt8>) {
    withBytes { bytes in
      let part = bytes[range.lowerBound * bytesPerRow..<range.upperBound * bytesPerRow]
      UnsafeMutableRawBufferPointer(start: destination, count: part.count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
    }
  }
}
