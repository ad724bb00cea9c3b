import Foundation
import InterchangeBasics

extension ExperimentFolder {
  /// Puts the parts of an experiment together: each point's folder is copied, wherever it was run.
  ///
  /// - Parameters:
  ///   - parts: folders of the same experiment, in any order
  ///   - url: the folder of the whole; may be one of them
  /// - Returns: the record of all points
  /// - Throws: ``ExperimentError`` for a folder without an experiment; for parts of other versions,
  ///   models, data or documents, with everything in which they differ; for a point that none of
  ///   them has, or that two have with different numbers.
  public static func gather(_ parts: [URL], to url: URL) throws -> RunRecord {
    let manifests = try parts.map { part in
      guard let manifest = try ExperimentManifest(folder: part) else {
        throw ExperimentError(
          "\(part.path): expected the folder of an experiment, found no "
            + ExperimentManifest.fileName)
      }
      return manifest
    }
    guard let first = manifests.first else { throw ExperimentError("no folder to gather") }
    for (part, manifest) in zip(parts, manifests).dropFirst() {
      let differences = manifest.differences(from: first)
      guard differences.isEmpty else {
        throw ExperimentError(
          "\(part.path) and \(parts[0].path) are of different experiments: "
            + differences.joined(separator: "; "))
      }
    }
    let chosen = try first.points.map { point in try find(point, in: parts) }
    try requireAll(chosen, of: first)
    let whole = try ExperimentFolder(url, gathering: first)
    for (folder, point) in chosen.compactMap({ $0 }) {
      try copy(folder, to: whole.folder(of: point.name))
    }
    guard let record = try whole.record() else {
      throw ExperimentError("\(url.path): a point was removed meanwhile")
    }
    return record
  }

  /// The folder of a point that came to its end, with its results; nil where no part has it.
  private static func find(
    _ point: ExperimentManifest.Point, in parts: [URL]
  ) throws -> (folder: URL, point: ExperimentResult.Point)? {
    var found: (folder: URL, point: ExperimentResult.Point)?
    for part in parts {
      let folder = points(in: part).appending(component: point.name)
      guard let result = try ExperimentResult.Point(point, folder: folder) else { continue }
      if let found, found.point.digest != result.digest {
        throw ExperimentError(
          "point \(point.name): \(found.folder.path) and \(folder.path) have different numbers; "
            + "gather one of them only")
      }
      found = found ?? (folder, result)
    }
    return found
  }

  private static func requireAll(
    _ chosen: [(folder: URL, point: ExperimentResult.Point)?], of manifest: ExperimentManifest
  ) throws {
    let missing = chosen.indices.filter { chosen[$0] == nil }
    guard let first = missing.first else { return }
    var end = first
    while missing.contains(end) { end += 1 }
    throw ExperimentError(
      "\(missing.count) of \(chosen.count) points are in none of the folders: "
        + missing.prefix(3).map { manifest.points[$0].name }.joined(separator: ", ")
        + (missing.count > 3 ? " …" : "") + "; run them with --points \(first):\(end)"
        + (missing.count > end - first ? " and so on" : ""))
  }

  /// Copies the files of a point's folder, its mark last, so that a copy that was stopped is none.
  private static func copy(_ folder: URL, to target: URL) throws {
    guard
      folder.standardizedFileURL.resolvingSymlinksInPath()
        != target.standardizedFileURL.resolvingSymlinksInPath()
    else { return }
    try FolderLock.requireNoLinks(to: target)
    let paths = try FileManager.default.subpathsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    let files = paths.filter { path in
      let url = folder.appending(path: path)
      let values = try? url.resourceValues(forKeys: [.isRegularFileKey])
      return values?.isRegularFile == true && url.lastPathComponent != FolderLock.fileName
    }
    let mark = FinishedPoint.fileName
    for path in files.filter({ $0 != mark }).sorted() + [mark] {
      let copy = target.appending(path: path)
      try FolderLock.requireNoLinks(to: copy)
      try FileManager.default.createDirectory(
        at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
      try writeAtomically(
        Data(contentsOf: folder.appending(path: path), options: .mappedIfSafe), to: copy)
    }
  }
}
