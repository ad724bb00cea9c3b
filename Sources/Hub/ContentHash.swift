import Foundation

/// The hash of a file's content, which the hub gives and which names the file in the cache.
enum ContentHash: Hashable, Sendable {
  /// SHA-256 of the bytes: of files in large-file storage.
  case sha256(String)
  /// SHA-1 of `blob SIZE`, a zero byte and the bytes: of files that git itself keeps.
  case gitBlob(String)

  /// A hash in lower-case hexadecimal digits, whose number tells its kind; nil for anything else,
  /// so that no other text becomes the name of a file.
  init?(_ digits: String) {
    let isHexadecimal = digits.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    switch digits.utf8.count {
    case 64 where isHexadecimal: self = .sha256(digits)
    case 40 where isHexadecimal: self = .gitBlob(digits)
    default: return nil
    }
  }

  /// A hash in an `ETag` header: `"…"` or `W/"…"`.
  init?(etag: String) {
    var tag = etag[...]
    if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
    self.init(tag.trimmingCharacters(in: CharacterSet(charactersIn: "\"")))
  }

  /// The digits.
  var digits: String {
    switch self {
    case .sha256(let digits), .gitBlob(let digits): digits
    }
  }
}

/// The hash of a content that comes piece by piece.
struct RunningHash {
  private var sha256: BlockDigest<SHA256>?
  private var sha1: BlockDigest<SHA1>?

  /// A hash of the same kind as another, of a content of some bytes.
  init(like hash: ContentHash, size: Int) {
    switch hash {
    case .sha256: sha256 = BlockDigest()
    case .gitBlob:
      sha1 = BlockDigest()
      Array("blob \(size)\0".utf8).withUnsafeBytes { sha1?.update($0) }
    }
  }

  /// Takes more of the content.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    sha256?.update(bytes)
    sha1?.update(bytes)
  }

  /// The hash of what was taken, in hexadecimal.
  var digits: String { sha256?.hexadecimal() ?? sha1?.hexadecimal() ?? "" }
}
