import InterchangeBasics

/// A model's name on the hub, as a user writes it in the place of a path.
///
/// | text | meaning |
/// | --- | --- |
/// | `gpt2`, `google/gemma-2-2b` | a repository |
/// | `gpt2@v1.0`, `gpt2@607a30d` | at a branch, a tag, a commit or the beginning of one |
/// | `ORG/NAME:model.Q4_K_M.gguf` | one GGUF file of a repository |
/// | `ORG/NAME:Q4_K_M` | the GGUF file with this quantization |
public struct HubName: Sendable, Equatable, CustomStringConvertible {
  /// The repository: `NAME` or `ORG/NAME`.
  public let repository: String
  /// A branch, a tag, a commit or its beginning; nil for the branch `main`.
  public let revision: String?
  /// A GGUF file of the repository, or its quantization.
  public let file: String?

  /// The branch that is meant where none is named.
  static let defaultRevision = "main"

  /// A repository's name; nil where the text can't be one.
  public init?(_ text: String) {
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard Self.isRepository(parts[0]) else { return nil }
    repository = String(parts[0])
    revision = parts.count > 1 ? String(parts[1]) : nil
    file = halves.count > 1 ? String(halves[1]) : nil
    for path in [revision, file].compactMap(\.self) where !RepositoryPath.isSafe(path) {
      return nil
    }
  }

  init(_ repository: String, revision: String?, file: String?) {
    (self.repository, self.revision, self.file) = (repository, revision, file)
  }

  /// The name as it was written.
  public var description: String {
    repository + (revision.map { "@\($0)" } ?? "") + (file.map { ":\($0)" } ?? "")
  }

  /// The hub's rule: at most two parts of letters, digits, `.`, `_` and `-`, which begin and end
  /// with one of the first two or `_`; no `--`, `..` or `.git` at the end.
  static func isRepository(_ text: Substring) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, !text.contains("--"), !text.contains(".."), !text.hasSuffix(".git")
    else { return false }
    return parts.allSatisfy { part in
      func isWord(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        let scalar = UnicodeScalar(byte)
        return scalar.properties.isAlphabetic && byte < 0x80 || ("0"..."9").contains(scalar)
          || scalar == "_"
      }
      return part.utf8.count <= 96 && isWord(part.utf8.first) && isWord(part.utf8.last)
        && part.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }
  }
}

/// Paths inside a repository, as a hub lists them.
enum RepositoryPath {
  /// Tells whether a path stays inside the folder that it is appended to: no absolute path, no
  /// `..`, nothing that another system takes for a separator, and no control characters.
  static func isSafe(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return path.utf8.count <= 1024
      && parts.allSatisfy { part in
        (1...255).contains(part.utf8.count) && part != "." && part != ".."
          && part.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value) && scalar != "\\"
          }
      }
  }
}
