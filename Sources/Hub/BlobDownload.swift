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
      try fetchMissing(to: descriptor)
      guard fsync(descriptor) == 0 else { throw unwritable() }
      let found = try hash.computed(of: descriptor, size: size, path: file)
      guard found == hash else {
        throw damaged("the hash", hash.digits, found.digits)
      }
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
  private func fetchMissing(to descriptor: Int32) throws {
    let file = unfinished.path(percentEncoded: false)
    let end = lseek(descriptor, 0, SEEK_END)
    var piece = Piece(descriptor: descriptor, path: file, position: max(0, Int(end)))
    // More than all of it can't be its beginning.
    if piece.position > size { try piece.restart() }
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

/// A file that is being written, and how much of it there is.
private struct Piece {
  let descriptor: Int32
  let path: String
  /// The bytes that were written.
  private(set) var position: Int

  init(descriptor: Int32, path: String, position: Int) {
    (self.descriptor, self.path, self.position) = (descriptor, path, position)
  }

  mutating func restart() throws {
    guard ftruncate(descriptor, 0) == 0 else {
      throw FileSystemError(path: path, reason: systemError())
    }
    position = 0
  }

  mutating func append(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = pwrite(
          descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(position))
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw FileSystemError(path: path, reason: systemError()) }
        written += count
        position += count
      }
    }
  }
}
