/// A hash function over blocks of 64 bytes, as FIPS 180-4 has them.
protocol BlockHash {
  /// The state before the first block.
  init()
  /// Takes a block of 64 bytes.
  mutating func compress(_ block: UnsafeRawPointer)
  /// The state, which is the digest in the end.
  var words: [UInt32] { get }
}

/// A digest of bytes that come piece by piece.
struct BlockDigest<Hash: BlockHash> {
  private static var blockLength: Int { 64 }
  private var hash = Hash()
  private var rest: [UInt8] = []
  private var count: UInt64 = 0

  /// Takes more bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count += UInt64(bytes.count)
    var bytes = bytes[...]
    if !rest.isEmpty {
      let taken = bytes.prefix(Self.blockLength - rest.count)
      rest += taken
      bytes = bytes.dropFirst(taken.count)
      guard rest.count == Self.blockLength else { return }
      rest.withUnsafeBytes { hash.compress($0.baseAddress!) }
      rest = []
    }
    UnsafeRawBufferPointer(rebasing: bytes).withMemoryRebound(to: UInt8.self) { whole in
      var position = 0
      while position + Self.blockLength <= whole.count {
        hash.compress(whole.baseAddress! + position)
        position += Self.blockLength
      }
      rest = Array(whole[position...])
    }
  }

  /// The digest of all bytes, in hexadecimal.
  func hexadecimal() -> String {
    var last = self
    let length = (count &* 8).bigEndian
    var padding: [UInt8] = [0x80]
    let open = (rest.count + 1 + 8) % Self.blockLength
    padding += [UInt8](repeating: 0, count: open == 0 ? 0 : Self.blockLength - open)
    withUnsafeBytes(of: length) { padding += $0 }
    padding.withUnsafeBytes { last.update($0) }
    return last.hash.words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }
}

extension UnsafeRawPointer {
  fileprivate func word(_ index: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
  }
}

extension UInt32 {
  fileprivate func rotatedLeft(_ bits: UInt32) -> UInt32 { self << bits | self >> (32 - bits) }
  fileprivate func rotatedRight(_ bits: UInt32) -> UInt32 { self >> bits | self << (32 - bits) }
}

/// SHA-256, by which the hub names large files.
struct SHA256: BlockHash {
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]

  private(set) var words: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]

  mutating func compress(_ block: UnsafeRawPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      for t in 0..<16 { schedule[t] = block.word(t) }
      for t in 16..<64 {
        let (a, b) = (schedule[t - 15], schedule[t - 2])
        let s0 = a.rotatedRight(7) ^ a.rotatedRight(18) ^ a >> 3
        let s1 = b.rotatedRight(17) ^ b.rotatedRight(19) ^ b >> 10
        schedule[t] = schedule[t - 16] &+ s0 &+ schedule[t - 7] &+ s1
      }
      var (a, b, c, d) = (words[0], words[1], words[2], words[3])
      var (e, f, g, h) = (words[4], words[5], words[6], words[7])
      Self.constants.withUnsafeBufferPointer { constants in
        for t in 0..<64 {
          let s1 = e.rotatedRight(6) ^ e.rotatedRight(11) ^ e.rotatedRight(25)
          let first = h &+ s1 &+ (e & f ^ ~e & g) &+ constants[t] &+ schedule[t]
          let s0 = a.rotatedRight(2) ^ a.rotatedRight(13) ^ a.rotatedRight(22)
          let second = s0 &+ (a & b ^ a & c ^ b & c)
          (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
      }
      for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { words[index] &+= value }
    }
  }
}

/// SHA-1, by which git names the small files of a repository. It protects from accidents, not from
/// a file that was made to deceive.
struct SHA1: BlockHash {
  private(set) var words: [UInt32] = [
    0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
  ]

  mutating func compress(_ block: UnsafeRawPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
      for t in 0..<16 { schedule[t] = block.word(t) }
      for t in 16..<80 {
        let sum = schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16]
        schedule[t] = sum.rotatedLeft(1)
      }
      var (a, b, c, d, e) = (words[0], words[1], words[2], words[3], words[4])
      for t in 0..<80 {
        let (choice, constant): (UInt32, UInt32) =
          switch t {
          case ..<20: (b & c | ~b & d, 0x5a82_7999)
          case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
          case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
          default: (b ^ c ^ d, 0xca62_c1d6)
          }
        let next = a.rotatedLeft(5) &+ choice &+ e &+ constant &+ schedule[t]
        (e, d, c, b, a) = (d, c, b.rotatedLeft(30), a, next)
      }
      for (index, value) in [a, b, c, d, e].enumerated() { words[index] &+= value }
    }
  }
}
