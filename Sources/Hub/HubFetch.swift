import Foundation
import InterchangeBasics

/// What a fetch tells while it works.
public enum FetchProgress: Sendable {
  /// A sentence for the user.
  case note(String)
  /// The bytes of a file that are there.
  case bytes(file: String, done: Int, of: Int)
}

/// What a fetch left in the cache.
public struct FetchedFiles: Sendable {
  /// A file of the repository.
  public struct File: Codable, Sendable {
    /// The path in the repository.
    public let path: String
    /// Its bytes.
    public let size: Int
    /// True when it was fetched, false when it was there.
    public let isNew: Bool
  }

  /// The repository: `NAME` or `ORG/NAME`.
  public let repository: String
  /// The branch, tag or commit that was asked for.
  public let revision: String
  /// The commit, 40 hexadecimal digits.
  public let commit: String
  /// The folder with the files.
  public let url: URL
  /// The files that were asked for.
  public let files: [File]
}

/// Fetches the files of a model from the hub into the cache, in huggingface_hub's layout.
///
/// A file appears in the cache once it is whole, and its size and hash are those that the hub
/// tells; the links to the files come after all of them, `config.json` last, and the name of the
/// branch or tag last of all. So a fetch that was stopped leaves no half model, and the next one
/// goes on where it was.
///
/// ```swift
/// let fetch = try HubFetch()
/// let name = HubName("openai-community/gpt2")!
/// let fetched = try fetch.files(of: name) { print($0) }
/// ```
public struct HubFetch: Sendable {
  private var client: HubClient
  private let cache: HubCache
  private let isOffline: Bool
  private var pieceLength: Int?

  /// The hub and the cache that the environment says.
  ///
  /// - Parameter cache: another folder; made where it doesn't exist
  /// - Throws: ``HubError/setting(name:expected:)``.
  public init(_ settings: HubSettings = HubSettings(), cache: URL? = nil) throws {
    client = HubClient(endpoint: try settings.endpoint(), token: try settings.token())
    self.cache = HubCache(cache ?? settings.cache)
    isOffline = settings.isOffline
  }

  /// The same with other patience and other pieces, for tests.
  package func with(pause: TimeInterval, pieceLength: Int? = nil, timeout: TimeInterval? = nil)
    -> HubFetch
  {
    var fetch = self
    fetch.client.pause = pause
    fetch.pieceLength = pieceLength
    if let timeout { fetch.client = fetch.client.with(timeout: timeout) }
    return fetch
  }

  /// Fetches the files that a model needs and that aren't in the cache.
  ///
  /// - Parameters:
  ///   - patterns: a shell's patterns of the files to fetch, in the place of those that a model
  ///     needs
  /// - Throws: ``HubError`` or `FileSystemError`; what was fetched stays for the next time.
  public func files(
    of name: HubName, patterns: [String] = [], progress: (FetchProgress) -> Void = { _ in }
  ) throws -> FetchedFiles {
    guard !isOffline else { throw HubError.offline }
    return try withoutActuallyEscaping(progress) { progress in
      let listing = try client.patiently({ progress(.note($0)) }) { _ in
        try client.listing(of: name)
      }
      let choice = try FileChoice(name, among: listing.files.keys.sorted(), patterns: patterns)
      let snapshot = Snapshot(
        name: name, listing: listing, cache: cache, client: client, pieceLength: pieceLength,
        progress: progress)
      var fetched = try snapshot.fetch(choice.first)
      var rest = choice.rest
      if let index = choice.index, let blob = fetched.first(where: { $0.path == index })?.blob {
        rest = try FileChoice.shards(in: blob)
      }
      fetched += try snapshot.fetch(rest)
      try snapshot.link(fetched)
      return FetchedFiles(
        repository: name.repository, revision: name.revision ?? HubName.defaultRevision,
        commit: listing.commit, url: snapshot.url,
        files: fetched.map { .init(path: $0.path, size: $0.size, isNew: $0.isNew) })
    }
  }
}

/// A commit's files on their way into the cache.
private struct Snapshot {
  struct Fetched {
    let path: String
    let size: Int
    let blob: URL
    let isNew: Bool
  }

  private struct Wanted {
    let path: String
    let size: Int
    let hash: ContentHash
    let blob: URL
  }

  let name: HubName
  let listing: HubListing
  let cache: HubCache
  let client: HubClient
  let pieceLength: Int?
  let progress: (FetchProgress) -> Void

  private var folder: URL { cache.folder(of: name.repository) }
  var url: URL { folder.appending(components: "snapshots", listing.commit) }

  /// Fetches the contents of files, and makes no link yet.
  func fetch(_ paths: [String]) throws -> [Fetched] {
    let wanted = try paths.map { path in
      guard let file = listing.files[path] else {
        throw HubError.noSuchFile(name: name.repository, file: path, known: [])
      }
      let (size, hash) = try client.patiently({ progress(.note($0)) }) { _ in
        try client.described(file, of: name, at: listing.commit)
      }
      return Wanted(
        path: path, size: size, hash: hash,
        blob: folder.appending(components: "blobs", hash.digits))
    }
    try requireSpace(for: wanted)
    return try wanted.map { file in
      Fetched(path: file.path, size: file.size, blob: file.blob, isNew: try fetch(file))
    }
  }

  /// Fetches a file's content, unless it is there.
  ///
  /// - Returns: whether it was fetched
  private func fetch(_ file: Wanted) throws -> Bool {
    if Self.size(of: file.blob) == file.size { return false }
    let lock = cache.url.appending(
      components: ".locks", folder.lastPathComponent, file.hash.digits + ".lock")
    let waiting = { progress(.note("\(file.path): another program is fetching it; waiting")) }
    return try withLock(lock, waiting: waiting) {
      if Self.size(of: file.blob) == file.size { return false }
      try makeFolder(file.blob.deletingLastPathComponent())
      var download = BlobDownload(
        client: client, name: name, commit: listing.commit, path: file.path, size: file.size,
        hash: file.hash, blob: file.blob, progress: progress)
      if let pieceLength { download.pieceLength = pieceLength }
      try download.run()
      return true
    }
  }

  /// The size of a file; nil where there is none.
  private static func size(of file: URL) -> Int? {
    var found = stat()
    let path = file.path(percentEncoded: false)
    return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFREG ? Int(found.st_size) : nil
  }

  /// Refuses a fetch that would fill the disk.
  private func requireSpace(for files: [Wanted]) throws {
    let needed = files.reduce(0) { sum, file in
      if Self.size(of: file.blob) == file.size { return sum }
      let there = Self.size(of: file.blob.appendingPathExtension("incomplete")) ?? 0
      let (total, isTooLarge) = sum.addingReportingOverflow(max(0, file.size - there))
      return isTooLarge ? .max : total
    }
    guard needed > 0 else { return }
    try cache.make()
    var disk = statvfs()
    guard statvfs(cache.url.path(percentEncoded: false), &disk) == 0 else { return }
    let (free, isHuge) = Int(disk.f_bavail).multipliedReportingOverflow(by: Int(disk.f_frsize))
    guard isHuge || needed <= free else {
      throw HubError.noSpace(path: cache.url.path, needed: needed, free: free)
    }
  }

  /// Makes the links to the contents, `config.json` last, and then names the commit.
  func link(_ files: [Fetched]) throws {
    let last = files.filter { $0.path == "config.json" }
    for file in files.filter({ $0.path != "config.json" }) + last { try link(file) }
    let revision = name.revision ?? HubName.defaultRevision
    guard revision != listing.commit else { return }
    let reference = folder.appending(path: "refs/" + revision)
    guard (try? String(contentsOf: reference, encoding: .utf8)) != listing.commit else { return }
    try makeFolder(reference.deletingLastPathComponent())
    try writeAtomically(Data(listing.commit.utf8), to: reference)
  }

  private func link(_ file: Fetched) throws {
    let parts = file.path.split(separator: "/").map(String.init)
    var place = url
    try makeFolder(place)
    for part in parts.dropLast() {
      place.append(component: part)
      try makeFolder(place)
      var found = stat()
      guard lstat(place.path(percentEncoded: false), &found) == 0,
        found.st_mode & S_IFMT == S_IFDIR
      else {
        throw FileSystemError(path: place.path, problem: "a link in the place of a folder")
      }
    }
    place.append(component: parts.last ?? "")
    let path = place.path(percentEncoded: false)
    let target =
      String(repeating: "../", count: parts.count + 1)
      + "blobs/\(file.blob.lastPathComponent)"
    if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == target { return }
    unlink(path)
    guard symlink(target, path) == 0 else {
      throw FileSystemError(path: path, problem: "the link can't be made: \(systemError())")
    }
  }
}
