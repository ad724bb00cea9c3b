import Foundation
import InterchangeBasics

/// The fetch of one file's content into the cache.
struct BlobDownload {
  let client: HubClient
  let name: HubName
  let commit: String
  /// The path in the repository.
  let path: String
  let size: Int
  let hash: ContentHash
  /// Where the content is to be: `blobs/HASH`.
  let blob: URL
  /// The most bytes that one request asks for. A long file comes in several requests, so that a
  /// disk that is slower than the network doesn't fill the memory.
  var pieceLength = 128 << 20
  let progress: (FetchProgress) -> Void

  /// Where what was fetched is kept until all of it is there.
  private var unfinished: URL { blob.appendingPathExtension("incomplete") }

  /// Fetches what is missing, checks all of it, and gives it its name.
  ///
  /// - Throws: ``HubError`` or `FileSystemError`. What was fetched stays, unless it is wrong.
  func run() throws {
    let file = unfinished.path(percentEncoded: false)
    func unwritable() -> FileSystemError { FileSystemError(path: file, reason: systemError()) }
    let descriptor = open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw unwritable() }
    defer { close(descriptor) }
    do {
      let found = try fetchMissing(to: descriptor)
      guard fsync(descriptor) == 0 else { throw unwritable() }
      guard found == hash.digits else { throw damaged("the hash", hash.digits, found) }
    } catch {
      if case HubError.damaged = error { unlink(file) }
      throw error
    }
    guard rename(file, blob.path(percentEncoded: false)) == 0 else { throw unwritable() }
  }

  private func damaged(_ what: String, _ expected: String, _ found: String) -> HubError {
    .damaged(file: "\(name.repository): \(path)", what: what, expected: expected, found: found)
  }

  /// Asks for the file from where it ends until all of it is there.
  ///
  /// - Returns: the hash of all of it
  private func fetchMissing(to descriptor: Int32) throws -> String {
    let hash = RunningHash(like: hash, size: size)
    var piece = Piece(descriptor, unfinished.path(percentEncoded: false), hash)
    try piece.takeUp(most: size)
    if piece.position > 0 && piece.position < size {
      progress(.note("\(path): goes on after \(byteCount(piece.position))"))
    }
    let address = try client.address(of: path, in: name.repository, at: commit)
    while piece.position < size {
      let note = { (text: String) in progress(.note("\(path): \(text)")) }
      try client.patiently(note) { progressed in
        let start = piece.position
        defer { progressed = piece.position > start }
        try fetch(&piece, from: address)
      }
    }
    return piece.hash.digits
  }

  /// One request, for the next piece of the file.
  private func fetch(_ piece: inout Piece, from address: URL) throws {
    let start = piece.position
    let end = min(start + pieceLength, size)
    let isWhole = start == 0 && end == size
    var limit = end
    let head = try client.send(
      address, headers: isWhole ? [:] : ["Range": "bytes=\(start)-\(end - 1)"],
      begin: { head in
        try requireSame(head)
        if head.status == 206 {
          try requireRange(head, from: start)
        } else {
          // The server doesn't know ranges: all of the file comes.
          if start > 0 { try piece.restart() }
          limit = size
          try requireLength(head)
        }
      },
      receive: { data in
        guard piece.position + data.count <= limit else {
          throw damaged("a size of", "\(size) bytes", "more")
        }
        try piece.append(data)
        progress(.bytes(file: path, done: piece.position, of: size))
      })
    try client.requireSuccess(head, name, file: path)
    guard piece.position >= limit else {
      throw HubError.unreachable(host: client.host, reason: "the answer ended early")
    }
  }

  /// The commit, where the answer tells it, is the one that was asked for.
  private func requireSame(_ head: HTTPHead) throws(HubError) {
    if let found = head["X-Repo-Commit"], found != commit {
      throw client.malformed("\(path): X-Repo-Commit", commit, quoted(found))
    }
  }

  private func requireRange(_ head: HTTPHead, from start: Int) throws(HubError) {
    let range = head["Content-Range"] ?? ""
    let numbers = range.wholeMatch(of: /bytes (\d+)-\d+\/(\d+|\*)/)
    guard let numbers, Int(numbers.1) == start else {
      throw client.malformed("\(path): Content-Range", "bytes from \(start)", quoted(range))
    }
    guard numbers.2 == "*" || Int(numbers.2) == size else {
      throw damaged("a size of", "\(size) bytes", String(numbers.2))
    }
  }

  private func requireLength(_ head: HTTPHead) throws(HubError) {
    guard head["Content-Encoding"] == nil, let text = head["Content-Length"],
      let length = Int(text), length != size
    else { return }
    throw damaged("a size of", "\(size) bytes", "\(length)")
  }
}

/// A file that is being written, how much of it there is, and the hash of that.
private struct Piece {
  private let descriptor: Int32
  private let path: String
  private let empty: RunningHash
  private(set) var hash: RunningHash
  /// The bytes that were written.
  private(set) var position = 0

  init(_ descriptor: Int32, _ path: String, _ hash: RunningHash) {
    (self.descriptor, self.path, self.hash, empty) = (descriptor, path, hash, hash)
  }

  private var error: FileSystemError { FileSystemError(path: path, reason: systemError()) }

  /// Takes what the file has as the beginning; nothing where it is more than all of it.
  mutating func takeUp(most: Int) throws {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { throw error }
    guard end <= most else { return try restart() }
    var buffer = [UInt8](repeating: 0, count: min(Int(end), 1 << 20))
    while position < end {
      let count = buffer.withUnsafeMutableBytes { bytes in
        pread(descriptor, bytes.baseAddress, min(bytes.count, Int(end) - position), off_t(position))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw error }
      buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      position += count
    }
  }

  mutating func restart() throws {
    guard ftruncate(descriptor, 0) == 0 else { throw error }
    (position, hash) = (0, empty)
  }

  mutating func append(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let count = pwrite(descriptor, part.baseAddress, part.count, off_t(position))
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw error }
        hash.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
        rest = rest.dropFirst(count)
        position += count
      }
    }
  }
}
