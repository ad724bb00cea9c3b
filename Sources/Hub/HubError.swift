import InterchangeBasics

/// A fault of a model's name, of the cache, or of a fetch from the hub.
public enum HubError: ClassifiedError, Equatable, CustomStringConvertible {
  /// No repository's name.
  case invalidName(String)
  /// The cache has no such repository; `near` holds similar names that it has.
  case notInCache(name: String, cache: String, near: [String])
  /// The cache or the hub has the repository, but not at this revision.
  case noSuchRevision(name: String, revision: String, place: String, known: [String])
  /// The beginning of a commit is that of several.
  case ambiguousRevision(name: String, revision: String, commits: [String])
  /// The repository has no such file.
  case noSuchFile(name: String, file: String, known: [String])
  /// The repository has several models, of which one has to be chosen.
  case severalModels(name: String, files: [String])
  /// The repository has no files of a model.
  case noModel(name: String, files: [String])
  /// An environment variable says something else than it has to.
  case setting(name: String, expected: String)
  /// The settings forbid to fetch.
  case offline
  /// The hub doesn't give the repository or a file of it; `advice` says what may help.
  case refused(name: String, status: Int, reason: String, advice: String)
  /// The hub doesn't answer now: its status, and the seconds that it asks to wait.
  case unavailable(host: String, status: Int, retryAfter: Int?)
  /// A connection that failed or was cut.
  case unreachable(host: String, reason: String)
  /// An answer that isn't as the hub's interface has it.
  case malformedAnswer(host: String, place: String, expected: String, found: String)
  /// A file's size or hash isn't what the hub says; what was fetched of it was thrown away.
  case damaged(file: String, what: String, expected: String, found: String)
  /// The disk has no room for the files.
  case noSpace(path: String, needed: Int, free: Int)

  public var failure: Failure {
    switch self {
    case .unavailable, .unreachable, .malformedAnswer, .damaged, .noSpace: .failed
    default: .badInput
    }
  }

  /// True where the same request may succeed a little later.
  var isTransient: Bool {
    switch self {
    case .unavailable, .unreachable: true
    default: false
    }
  }

  public var description: String {
    switch self {
    case .invalidName(let text):
      "\(quoted(text, upTo: 200)): expected a model's name: NAME, ORG/NAME, with @REVISION or :FILE "
        + "after it"
    case .notInCache(let name, let cache, let near):
      "\(name): no such file or folder, and no model of this name in \(cache)"
        + Self.list("; near: ", near) + "; `interchange fetch \(name)` downloads it"
    case .noSuchRevision(let name, let revision, let place, let known):
      "\(name): no revision \(quoted(revision)) in \(place)" + Self.list("; there are ", known)
    case .ambiguousRevision(let name, let revision, let commits):
      "\(name): the commit \(quoted(revision)) may be " + commits.joined(separator: " or ")
    case .noSuchFile(let name, let file, let known):
      "\(name): no file \(quoted(file))" + Self.list("; there are ", known)
    case .severalModels(let name, let files):
      "\(name): several models; choose one by \(name):FILE" + Self.list(": ", files)
    case .noModel(let name, let files):
      "\(name): expected safetensors, pytorch_model.bin or GGUF files, found "
        + (files.isEmpty ? "no files" : "none") + Self.list(" among ", files)
    case .setting(let name, let expected): "\(name): expected \(expected), found something else"
    case .offline: "HF_HUB_OFFLINE is set: nothing is fetched; unset it to fetch"
    case .refused(let name, let status, let reason, let advice):
      "\(name): \(reason) (status \(status))" + (advice.isEmpty ? "" : "; " + advice)
    case .unavailable(let host, let status, let retryAfter):
      "\(host): " + (status == 429 ? "too many requests" : "the server has a fault")
        + " (status \(status))" + (retryAfter.map { "; it asks to wait \($0) seconds" } ?? "")
    case .unreachable(let host, let reason): "\(host): \(reason)"
    case .malformedAnswer(let host, let place, let expected, let found):
      "\(host): \(place): expected \(expected), found \(found)"
    case .damaged(let file, let what, let expected, let found):
      "\(file): expected \(what) \(expected), found \(found); it was thrown away: fetch it again"
    case .noSpace(let path, let needed, let free):
      "\(path): \(byteCount(needed)) are needed, \(byteCount(free)) are free"
    }
  }

  /// Some names after a text, at most a dozen; nothing without names.
  private static func list(_ text: String, _ names: [String]) -> String {
    guard !names.isEmpty else { return "" }
    let rest = names.count > 12 ? " and \(names.count - 12) more" : ""
    return text + names.prefix(12).map { $0.withVisibleControls }.joined(separator: ", ") + rest
  }
}

/// A number of bytes as people read it, in powers of ten: "548 MB".
package func byteCount(_ bytes: Int) -> String {
  var (value, units) = (Double(bytes), ["B", "kB", "MB", "GB", "TB"][...])
  while value >= 999.5, units.count > 1 { (value, units) = (value / 1000, units.dropFirst()) }
  let tenths = (value * 10).rounded() / 10
  let isWhole = value >= 9.95 || tenths == tenths.rounded()
  return (isWhole ? "\(Int(value.rounded()))" : "\(tenths)") + " " + units.first!
}
