import Foundation
import InterchangeBasics

/// The folder in which Python's huggingface_hub and this package keep what was fetched.
///
/// ```
/// models--ORG--NAME/
///   refs/main                      the commit of a branch or a tag, 40 digits
///   snapshots/COMMIT/config.json   a link to ../../blobs/HASH
///   blobs/HASH                     a file's content, named by its hash
///   blobs/HASH.incomplete          what was fetched of one
/// ```
public struct HubCache: Sendable {
  /// The folder.
  public let url: URL

  /// A cache in a folder.
  public init(_ url: URL) { self.url = url }

  /// The cache where the environment says that it is.
  public init(_ settings: HubSettings = HubSettings()) { self.init(settings.cache) }

  private static let prefix = "models--"

  /// Makes the folder, with the mark by which programs that make backups leave it out.
  ///
  /// - Throws: `FileSystemError`.
  func make() throws {
    try makeFolder(url)
    let mark = url.appending(component: "CACHEDIR.TAG")
    guard !mark.exists else { return }
    let text = """
      Signature: 8a477f597d28d172789f06886806bc55
      # This file is a cache directory tag (https://bford.info/cachedir/) of Hugging Face's hub.

      """
    try writeAtomically(Data(text.utf8), to: mark)
  }

  /// The folder of a repository of models.
  func folder(of repository: String) -> URL {
    url.appending(component: Self.prefix + repository.replacing("/", with: "--"))
  }

  /// The names of all repositories of models, in order.
  public var repositories: [String] {
    Self.names(in: url).compactMap { name in
      guard name.hasPrefix(Self.prefix) else { return nil }
      let repository = name.dropFirst(Self.prefix.count).replacing("--", with: "/")
      return HubName.isRepository(repository[...]) && url.appending(component: name).isFolder
        ? String(repository) : nil
    }
  }

  /// The names in a folder, in order; none where it can't be read.
  static func names(in folder: URL) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    return names?.sorted() ?? []
  }

  /// The paths of all files below a folder, in order.
  static func paths(in folder: URL) -> [String] {
    let all = FileManager.default.enumerator(atPath: folder.path(percentEncoded: false))
    let paths = (all?.compactMap { $0 as? String } ?? []).sorted()
    return paths.filter { !folder.appending(path: $0).isFolder }
  }
}

/// A commit of a repository in the cache.
public struct CachedRevision: Sendable, Equatable {
  /// The repository: `NAME` or `ORG/NAME`.
  public let repository: String
  /// The commit, 40 hexadecimal digits.
  public let commit: String
  /// The branches and tags that are at this commit, as far as the cache knows.
  public let references: [String]
  /// The folder with the files of the commit.
  public let url: URL

  /// The paths of the files that the cache has.
  public var files: [String] { HubCache.paths(in: url) }

  /// The models in it: the folder, where it has weights beside a configuration, and each GGUF file;
  /// the folder alone where there is neither.
  public var models: [CachedModel] {
    let files = files
    let ggufs = GGUFNames.all(of: files)
    let parts = Set(ggufs.flatMap(\.parts))
    let rest = files.filter { !parts.contains($0) }
    let top = rest.filter { !$0.contains("/") }
    let isFolder =
      top.contains { $0.hasSuffix(".json") }
      && top.contains { $0.hasSuffix(".safetensors") || $0.hasSuffix(".bin") }
    let folders = isFolder || ggufs.isEmpty ? [model(nil, rest)] : []
    return folders + ggufs.map { model($0.first, $0.parts) }
  }

  private func model(_ file: String?, _ files: [String]) -> CachedModel {
    CachedModel(
      repository: repository, revision: references.first ?? commit, commit: commit, file: file,
      folder: url, files: files)
  }
}

/// A model in the cache: where it is, and what is needed to find the same one again.
public struct CachedModel: Sendable, Equatable {
  /// The repository: `NAME` or `ORG/NAME`.
  public let repository: String
  /// The branch, tag or commit by which it was found.
  public let revision: String
  /// The commit, 40 hexadecimal digits.
  public let commit: String
  /// The GGUF file, as a path in the repository; nil for a folder.
  public let file: String?
  /// The folder of the commit.
  let folder: URL
  /// The paths of its files in the folder.
  let files: [String]

  /// The GGUF file, its first part of several, or the folder.
  public var url: URL { file.map { folder.appending(path: $0) } ?? folder }

  /// The bytes of its files.
  public var size: Int {
    files.reduce(0) { sum, path in
      var found = stat()
      let file = folder.appending(path: path).path(percentEncoded: false)
      return stat(file, &found) == 0 ? sum + Int(found.st_size) : sum
    }
  }

  /// The name without the revision, such as `gpt2` or `ORG/NAME:model.gguf`.
  public var name: String { HubName(repository, revision: nil, file: file).description }
}

extension HubCache {
  /// The commits of a repository that the cache has, in order.
  public func revisions(of repository: String) -> [CachedRevision] {
    let folder = folder(of: repository)
    let references = references(of: repository)
    let snapshots = folder.appending(component: "snapshots")
    return Self.names(in: snapshots).compactMap { commit in
      let url = snapshots.appending(component: commit)
      guard Self.isCommit(commit), url.isFolder else { return nil }
      return CachedRevision(
        repository: repository, commit: commit,
        references: references.filter { $0.value == commit }.keys.sorted(), url: url)
    }
  }

  /// The bytes of files that a fetch has begun and not ended.
  public func unfinishedBytes(of repository: String) -> Int {
    let blobs = folder(of: repository).appending(component: "blobs")
    return Self.names(in: blobs).filter { $0.hasSuffix(".incomplete") }.reduce(0) { sum, name in
      var found = stat()
      let file = blobs.appending(component: name).path(percentEncoded: false)
      return lstat(file, &found) == 0 ? sum + Int(found.st_size) : sum
    }
  }

  private static func isCommit(_ text: String) -> Bool {
    if case .gitBlob = ContentHash(text) { true } else { false }
  }

  /// The commits of branches and tags.
  private func references(of repository: String) -> [String: String] {
    let folder = folder(of: repository).appending(component: "refs")
    return Self.paths(in: folder).reduce(into: [:]) { references, path in
      let text = try? String(contentsOf: folder.appending(path: path), encoding: .utf8)
      let commit = text?.trimmingCharacters(in: .whitespacesAndNewlines)
      if let commit, Self.isCommit(commit) { references[path] = commit }
    }
  }

  /// Finds a model: the folder of its commit, or a GGUF file there.
  ///
  /// Nothing is fetched. A commit may be named by its first digits, from seven on.
  ///
  /// - Throws: ``HubError`` that says where was looked, and what is near.
  public func model(_ name: HubName) throws(HubError) -> CachedModel {
    let all = revisions(of: name.repository)
    guard !all.isEmpty else { throw missing(name) }
    let found = try Self.revision(of: name, among: all, in: url)
    let model = try Self.model(name, among: found.models)
    return CachedModel(
      repository: name.repository, revision: name.revision ?? HubName.defaultRevision,
      commit: found.commit, file: model.file, folder: model.folder, files: model.files)
  }

  /// The model that a name means: the GGUF file that it names, or else the folder, or else the only
  /// GGUF file.
  private static func model(
    _ name: HubName, among models: [CachedModel]
  ) throws(HubError) -> CachedModel {
    let ggufs = models.filter { $0.file != nil }
    if let wanted = name.file {
      let found = try GGUFNames.one(
        wanted, of: name.repository, among: ggufs.map { GGUFNames(parts: $0.files) })
      return ggufs.first { $0.file == found.first } ?? models[0]
    }
    guard models[0].file != nil, models.count > 1 else { return models[0] }
    throw .severalModels(name: name.repository, files: models.compactMap(\.file))
  }

  private func missing(_ name: HubName) -> HubError {
    func last(_ repository: String) -> String {
      repository.split(separator: "/").last.map { $0.lowercased() } ?? ""
    }
    let known = repositories.filter { !revisions(of: $0).isEmpty }
    let alike = known.filter { last($0) == last(name.repository) }
    let near = nearNames(to: name.repository, among: known).filter { !alike.contains($0) }
    return .notInCache(name: name.description, cache: url.path, near: alike + near)
  }

  private static func revision(
    of name: HubName, among all: [CachedRevision], in cache: URL
  ) throws(HubError) -> CachedRevision {
    let wanted = name.revision ?? HubName.defaultRevision
    if let found = all.first(where: { $0.references.contains(wanted) }) { return found }
    let isBeginning = wanted.count >= 7
    let begun = all.filter { isBeginning && $0.commit.hasPrefix(wanted.lowercased()) }
    if begun.count == 1 { return begun[0] }
    guard begun.isEmpty else {
      throw .ambiguousRevision(
        name: name.repository, revision: wanted, commits: begun.map(\.commit))
    }
    throw .noSuchRevision(
      name: name.repository, revision: wanted, place: cache.path,
      known: all.flatMap { $0.references + [$0.commit] })
  }
}

extension GGUFNames {
  /// The one file that a name means.
  ///
  /// - Throws: ``HubError`` where there is none, or several.
  static func one(
    _ wanted: String, of repository: String, among models: [GGUFNames]
  ) throws(HubError) -> GGUFNames {
    let meant = meant(by: wanted, among: models)
    guard let model = meant.first else {
      throw .noSuchFile(name: repository, file: wanted, known: models.map(\.first))
    }
    guard meant.count == 1 else {
      throw .severalModels(name: repository, files: meant.map(\.first))
    }
    return model
  }
}
