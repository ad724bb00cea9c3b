extension MappedFile {
  /// The file's identity, "xxh64:" and sixteen hexadecimal digits: the XXH64 digest (seed 0) of its
  /// bytes.
  ///
  /// It tells one model from another by the whole file, about as fast as the file can be read, and
  /// equals the output of `xxhsum -H64`. It is no protection against a file made to deceive: XXH64
  /// isn't cryptographic.
  public func identity() -> String {
    withBytes { XXH64.label($0) }
  }
}

/// The 64-bit xxHash (Collet; specification 0.1.1 in doc/xxhash_spec.md of the xxHash project).
enum XXH64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// "xxh64:" and the digest's sixteen hexadecimal digits.
  static func label(_ bytes: UnsafeRawBufferPointer) -> String {
    let digits = String(digest(bytes), radix: 16)
    return "xxh64:" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The digest with seed 0.
  static func digest(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var position = 0
    func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> UInt64 {
      let value = T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
      position += MemoryLayout<T>.size
      return UInt64(truncatingIfNeeded: value)
    }

    var hash = prime5
    if bytes.count >= 32 {
      var (a, b, c, d) = (prime1 &+ prime2, prime2, UInt64(0), 0 &- prime1)
      while position + 32 <= bytes.count {
        a = round(a, next(UInt64.self))
        b = round(b, next(UInt64.self))
        c = round(c, next(UInt64.self))
        d = round(d, next(UInt64.self))
      }
      hash = rotated(a, 1) &+ rotated(b, 7) &+ rotated(c, 12) &+ rotated(d, 18)
      for lane in [a, b, c, d] { hash = (hash ^ round(0, lane)) &* prime1 &+ prime4 }
    }
    hash &+= UInt64(bytes.count)
    while position + 8 <= bytes.count {
      hash = rotated(hash ^ round(0, next(UInt64.self)), 27) &* prime1 &+ prime4
    }
    if position + 4 <= bytes.count {
      hash = rotated(hash ^ (next(UInt32.self) &* prime1), 23) &* prime2 &+ prime3
    }
    while position < bytes.count {
      hash = rotated(hash ^ (next(UInt8.self) &* prime5), 11) &* prime1
    }
    hash = (hash ^ (hash >> 33)) &* prime2
    hash = (hash ^ (hash >> 29)) &* prime3
    return hash ^ (hash >> 32)
  }

  private static func round(_ accumulator: UInt64, _ lane: UInt64) -> UInt64 {
    rotated(accumulator &+ lane &* prime2, 31) &* prime1
  }

  private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    value << bits | value >> (64 - bits)
  }
}
