import Foundation

/// A committed input: a file, or the files of a folder that are read together.
struct Seed {
  /// The file or folder as it is committed.
  let source: URL
  /// The names of the files that are changed, within a folder; none for a single file.
  let files: [String]

  var isFolder: Bool { !files.isEmpty }
  /// The file's ending, by which some readers know the form.
  var ending: String { source.pathExtension }
}

/// The corpus: fixtures of the tests, and a few odd files of its own.
struct Corpus {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(component: "Fixtures")
  static let own = fixtures.deletingLastPathComponent().appending(component: "Corpus")

  /// The files of the corpus with one of these endings below some folders, small ones only.
  static func files(_ endings: Set<String>, in folders: [String], upTo limit: Int = 40_000)
    -> [Seed]
  {
    let roots = folders.map { fixtures.appending(path: $0) } + [own]
    var found: [URL] = []
    for root in roots {
      let files = FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: [.fileSizeKey, .isRegularFileKey])
      for case let file as URL in files ?? FileManager.DirectoryEnumerator() {
        let values = try? file.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
        guard values?.isRegularFile == true, (values?.fileSize ?? .max) <= limit,
          endings.contains(file.pathExtension)
        else { continue }
        found.append(file)
      }
    }
    return found.sorted { $0.path < $1.path }.map { Seed(source: $0, files: []) }
  }

  /// A folder whose files of these names are changed.
  static func folder(_ path: String, _ files: [String]) -> Seed {
    Seed(source: fixtures.appending(path: path), files: files)
  }

  /// All folders below one, with the names of their files that have one of the endings.
  static func folders(in path: String, _ endings: Set<String>) -> [Seed] {
    let root = fixtures.appending(path: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().compactMap { name in
      let folder = root.appending(component: name)
      let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { endings.contains(URL(filePath: $0).pathExtension) }.sorted()
      return files.isEmpty ? nil : Seed(source: folder, files: files)
    }
  }
}
