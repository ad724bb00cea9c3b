import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeReports

/// The folder that a run writes into, and no other run meanwhile.
///
/// It is locked until ``release()`` or the end of the program. What killed runs left unfinished is
/// removed, and so is what an earlier run wrote, unless this one goes on with it: nothing of the
/// one can be taken for the other's.
public struct RunFolder: Sendable {
  /// The folder.
  public let url: URL
  private let lock: FolderLock

  /// Locks a folder and makes it ready.
  ///
  /// - Parameters:
  ///   - url: made when it doesn't exist
  ///   - resumes: whether the run goes on with an earlier one, whose files stay
  ///   - names: the files that the run will write beside its record and its figures
  ///   - note: told that files of an earlier run are removed
  /// - Throws: `FileSystemError` when it can't be written, or another run is writing there.
  public init(
    _ url: URL, resumes: Bool = false, writing names: [String] = [],
    note: (String) -> Void = { _ in }
  ) throws {
    self.url = url
    lock = try FolderLock(url)
    removeUnfinishedFiles(in: url)
    guard !resumes, let earlier = Self.removeEarlierRun(in: url, writing: names) else { return }
    note("\(url.path) holds \(earlier); its files are removed, and this run begins anew")
  }

  /// Lets other runs write.
  public func release() { lock.release() }

  /// Makes a folder of a part of a run ready, within the run's own.
  ///
  /// - Throws: `FileSystemError` when a link leads to it.
  static func prepare(part: URL, resumes: Bool, writing names: [String]) throws {
    try FolderLock.requireNoLinks(to: part)
    removeUnfinishedFiles(in: part)
    if !resumes { remove(names, in: part) }
  }

  /// Removes an earlier run's files.
  ///
  /// - Returns: what was there, in words; nil for nothing
  private static func removeEarlierRun(in folder: URL, writing names: [String]) -> String? {
    var found: String?
    if let record = try? RunRecord(folder: folder) {
      found = "a run of \(record.command) from \(record.startedText)"
      let figures = record.figures().flatMap { figure in
        ["png", "svg", "pdf"].map { "\(figure.name).\($0)" }
      }
      // Names in a record may be anything; a figure's is the name of a file in the folder.
      let files = record.results.all.flatMap(\.files)
      remove((figures + files).filter { !$0.contains("/") }, in: folder)
    }
    let tables = TableFormat.allCases.flatMap { format in
      (["table"] + (1...9).map { "table-\($0)" }).map { "\($0).\(format.rawValue)" }
    }
    let removed = remove([RunRecord.fileName, "report.html"] + names + tables, in: folder)
    return found ?? (removed.isEmpty ? nil : removed.joined(separator: ", ") + " of an earlier run")
  }

  /// Removes files, not what links lead to, and never a folder.
  @discardableResult
  private static func remove(_ names: [String], in folder: URL) -> [String] {
    names.filter { unlink(folder.appending(component: $0).path(percentEncoded: false)) == 0 }
  }
}
