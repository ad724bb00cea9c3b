import Foundation
import InterchangeBasics

/// The folder of an experiment, which this program alone writes into: a folder for each point below
/// `points`, and in the end the record of all.
///
/// A point that came to its end is marked by a file in its folder, with the hash of all that
/// decided its numbers; one that was stopped is run again.
public struct ExperimentFolder: Sendable {
  /// The folder.
  public let url: URL
  let manifest: ExperimentManifest
  private let lock: RunFolder

  /// Takes a folder for an experiment.
  ///
  /// - Parameters:
  ///   - resumes: whether finished points of an earlier run are kept
  ///   - note: told that an earlier run's points are not
  /// - Throws: ``ExperimentError`` when the run that is to go on is of another experiment, with
  ///   everything in which they differ; `FileSystemError` when the folder can't be written, or
  ///   another run is writing there.
  public init(
    _ url: URL, for plan: ExperimentPlan, inputs: ExperimentInputs, resumes: Bool,
    note: (String) -> Void = { _ in }
  ) throws {
    self.url = url
    lock = try RunFolder(url, resumes: resumes, note: note)
    manifest = ExperimentManifest(plan, inputs)
    do {
      if resumes {
        if let earlier = try ExperimentManifest(folder: url) {
          let differences = manifest.differences(from: earlier)
          guard differences.isEmpty else {
            throw ExperimentError(
              "\(url.path): the experiment there is another one: "
                + differences.joined(separator: "; ")
                + "; give another --out, or leave out --resume to begin anew")
          }
        }
      } else {
        try Self.forgetPoints(in: url, note: note)
      }
      try manifest.write(to: url)
    } catch {
      lock.release()
      throw error
    }
  }

  /// Takes a folder for points that were run elsewhere.
  init(_ url: URL, gathering manifest: ExperimentManifest) throws {
    (self.url, self.manifest) = (url, manifest)
    lock = try RunFolder(url, resumes: true)
    if let earlier = try ExperimentManifest(folder: url) {
      let differences = manifest.differences(from: earlier)
      guard differences.isEmpty else {
        lock.release()
        throw ExperimentError(
          "\(url.path): the experiment there is another one: "
            + differences.joined(separator: "; ") + "; give another --out")
      }
    }
    try manifest.write(to: url)
  }

  /// Unmarks what earlier runs finished.
  private static func forgetPoints(in url: URL, note: (String) -> Void) throws {
    let points = points(in: url)
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: points.path(percentEncoded: false))) ?? []
    let marked = names.map { points.appending(component: $0) }.filter {
      $0.appending(component: FinishedPoint.fileName).exists
    }
    guard !marked.isEmpty else { return }
    for point in marked {
      try FolderLock.requireNoLinks(to: point)
      unlink(point.appending(component: FinishedPoint.fileName).path(percentEncoded: false))
    }
    note(
      "\(url.path) holds \(marked.count) finished points; all are run anew (--resume keeps them)")
  }

  static func points(in folder: URL) -> URL { folder.appending(component: "points") }

  /// The path of a point's folder, below that of the experiment's as it was given.
  public func path(of point: ExperimentPoint) -> String { folder(of: point.name).relativePath }

  func folder(of name: String) -> URL { Self.points(in: url).appending(component: name) }

  /// The mark of a point that came to its end; nil for one that has to be run.
  public func finished(_ point: ExperimentPoint) -> FinishedPoint? {
    FinishedPoint(folder: folder(of: point.name), key: manifest.points[point.index].key)
  }

  /// Makes a point's folder ready.
  ///
  /// - Throws: `FileSystemError` when a link leads to it, or it can't be made.
  public func prepare(_ point: ExperimentPoint) throws {
    let folder = folder(of: point.name)
    try FolderLock.requireNoLinks(to: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    unlink(folder.appending(component: FinishedPoint.fileName).path(percentEncoded: false))
  }

  /// Marks a point that came to its end.
  ///
  /// - Parameter output: what the command printed
  /// - Throws: `FileSystemError`.
  public func finish(_ point: ExperimentPoint, started: Date, output: String) throws {
    let folder = folder(of: point.name)
    try writeAtomically(
      Data(output.utf8), to: folder.appending(component: FinishedPoint.outputName))
    try FinishedPoint(
      key: manifest.points[point.index].key, started: started,
      seconds: Date().timeIntervalSince(started)
    ).write(to: folder)
    FolderLock.release(in: folder)
  }

  /// The record of all points, where all are there; nil otherwise.
  ///
  /// - Throws: an error about a point's record that can't be read.
  public func record() throws -> RunRecord? {
    let parts = try manifest.points.map { point in
      try ExperimentResult.Point(point, folder: folder(of: point.name))
    }
    let points = parts.compactMap { $0 }
    guard points.count == manifest.points.count else { return nil }
    return try manifest.record(points)
  }
}

/// The mark of a point that came to its end.
public struct FinishedPoint: Codable, Sendable {
  static let fileName = "point.json"
  static let outputName = "output.txt"

  /// The hash of all that decided its numbers.
  let key: String
  /// The beginning of the run that finished it.
  public let started: Date
  /// The time that this run took.
  public let seconds: Double

  init(key: String, started: Date, seconds: Double) {
    (self.key, self.started, self.seconds) = (key, started, seconds)
  }

  /// Reads the mark in a folder; nil where there is none, or one of other numbers.
  init?(folder: URL, key: String) {
    guard let data = try? Data(contentsOf: folder.appending(component: Self.fileName)),
      let found = try? JSONDecoder.ofRecords.decode(Self.self, from: data), found.key == key
    else { return nil }
    self = found
  }

  fileprivate func write(to folder: URL) throws {
    try writeAtomically(
      JSONEncoder.ofRecords.encode(self), to: folder.appending(component: Self.fileName))
  }
}
