import Foundation

/// A GGUF file of a repository: its path, or those of its parts in their order.
struct GGUFNames: Equatable {
  let parts: [String]

  /// The path that stands for all parts.
  var first: String { parts[0] }

  /// The models among some paths, each with its parts, by their names. Projectors of images are no
  /// models.
  static func all(of paths: [String]) -> [GGUFNames] {
    let models = paths.filter { path in
      path.lowercased().hasSuffix(".gguf") && !name(path).lowercased().hasPrefix("mmproj")
    }
    return Dictionary(grouping: models) { stem($0) }.values.map { GGUFNames(parts: $0.sorted()) }
      .sorted { $0.first < $1.first }
  }

  /// Those that a name means: a path, a file's name, or else a quantization.
  static func meant(by wanted: String, among all: [GGUFNames]) -> [GGUFNames] {
    let exact = all.filter { $0.parts.contains(wanted) }
    if !exact.isEmpty { return exact }
    let named = all.filter { $0.parts.contains { name($0) == wanted } }
    return named.isEmpty ? all.filter { $0.has(quantization: wanted) } : named
  }

  /// Tells whether the name ends in a quantization, such as `-Q4_K_M.gguf` or `.q4_k_m.gguf`.
  private func has(quantization: String) -> Bool {
    let stem = Self.name(Self.stem(first)).lowercased()
    guard stem.hasSuffix(quantization.lowercased()) else { return false }
    return stem.dropLast(quantization.count).last.map { "-._".contains($0) } ?? true
  }

  private static func name(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  /// A path without its ending and a part's number.
  private static func stem(_ path: String) -> String {
    String(path.dropLast(".gguf".count)).replacing(/-[0-9]{5}-of-[0-9]{5}$/, with: "")
  }
}
