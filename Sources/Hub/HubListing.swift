import Foundation
import InterchangeBasics

/// A repository's commit and files, as the hub lists them.
struct HubListing: Sendable {
  /// A file of a repository.
  struct File: Sendable {
    let path: String
    /// The bytes of the content; nil where the hub doesn't say.
    var size: Int?
    /// The hash of the content; nil where the hub doesn't say.
    var hash: ContentHash?
  }

  /// The commit, 40 hexadecimal digits.
  let commit: String
  /// The files by their paths.
  let files: [String: File]

  /// Reads the hub's answer: `sha` and `siblings`, each with `rfilename`, `size`, `blobId` and
  /// `lfs`.
  ///
  /// - Throws: ``HubError/malformedAnswer(host:place:expected:found:)``, for a path that leads out
  ///   of a folder too.
  init(_ bytes: [UInt8], from client: HubClient) throws(HubError) {
    let document: JSONValue
    do {
      document = try JSONParser.parse(bytes)
    } catch {
      throw client.malformed("list of files", "valid JSON", "no \(error.expected)")
    }
    guard let commit = document["sha"]?.string, case .gitBlob = ContentHash(commit) else {
      throw client.malformed(
        "list of files: sha", "a commit", document["sha"]?.summary ?? "nothing")
    }
    guard let siblings = document["siblings"]?.array else {
      throw client.malformed(
        "list of files: siblings", "an array", document["siblings"]?.summary ?? "nothing")
    }
    self.commit = commit
    var files: [String: File] = [:]
    for sibling in siblings {
      guard let path = sibling["rfilename"]?.string, RepositoryPath.isSafe(path) else {
        throw client.malformed(
          "list of files", "paths inside the repository",
          sibling["rfilename"]?.summary ?? "none")
      }
      let stored = sibling["lfs"]
      files[path] = File(
        path: path,
        size: (stored?["size"] ?? sibling["size"])?.integer.flatMap { $0 < 0 ? nil : $0 },
        hash: (stored?["sha256"] ?? (stored == nil ? sibling["blobId"] : nil))?.string
          .flatMap { ContentHash($0) })
    }
    self.files = files
  }
}

extension HubClient {
  /// The longest list of files, in bytes.
  private static let longestListing = 64 << 20

  /// The files of a repository at a revision.
  ///
  /// - Throws: ``HubError``.
  func listing(of name: HubName) throws -> HubListing {
    let parts = ["api", "models"] + name.repository.split(separator: "/").map(String.init)
    let revision = name.revision ?? HubName.defaultRevision
    guard let url = url(parts + ["revision", revision], query: "?blobs=true") else {
      throw HubError.invalidName(name.description)
    }
    var bytes: [UInt8] = []
    let head = try send(
      url, begin: { _ in bytes = [] },
      receive: { data in
        bytes += data
        guard bytes.count <= Self.longestListing else {
          throw malformed("list of files", "at most \(byteCount(Self.longestListing))", "more")
        }
      })
    try requireSuccess(head, name)
    return try HubListing(bytes, from: self)
  }

  /// The address of a file's content at a commit.
  func address(of path: String, in repository: String, at commit: String) throws(HubError) -> URL {
    let parts = repository.split(separator: "/").map(String.init) + ["resolve", commit]
    guard let url = url(parts + path.split(separator: "/").map(String.init)) else {
      throw .invalidName(path)
    }
    return url
  }

  /// A listed file with its size and hash, which the hub's headers tell where the list doesn't.
  ///
  /// - Throws: ``HubError``, where neither tells them: such a file couldn't be checked.
  func described(
    _ file: HubListing.File, of name: HubName, at commit: String
  ) throws -> (size: Int, hash: ContentHash) {
    if let size = file.size, let hash = file.hash { return (size, hash) }
    // What a redirect to a file store leads to knows less of the file than the hub.
    let head = try send(
      address(of: file.path, in: name.repository, at: commit), method: "HEAD",
      stops: { $0["X-Linked-ETag"] != nil })
    if !head.isRedirect { try requireSuccess(head, name, file: file.path) }
    let tag = head["X-Linked-ETag"] ?? head["ETag"]
    let length = head["X-Linked-Size"] ?? (head.isRedirect ? nil : head["Content-Length"])
    guard let hash = file.hash ?? tag.flatMap({ ContentHash(etag: $0) }) else {
      throw malformed(
        "\(file.path): ETag", "a hash of the content", tag.map { quoted($0) } ?? "none")
    }
    guard let size = file.size ?? length.flatMap({ Int($0) }), size >= 0 else {
      throw malformed(
        "\(file.path): Content-Length", "a size", length.map { quoted($0) } ?? "none")
    }
    return (size, hash)
  }
}
