import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// Makes the record of a command's run, writes it where the user asked, and shows the results.
struct RunWriter {
  let command: String
  let started = Date()
  let folder: URL?
  let seed: UInt64
  var identity: RunRecord.ModelIdentity?
  private let asksForJSON: Bool
  /// The effective settings; a command adds those that it chose itself.
  var settings: [String: JSONValue]
  /// Files beside the record, by their names.
  var files: [String: Data] = [:]

  /// Takes the folder before any work, for this run alone.
  ///
  /// - Parameters:
  ///   - resumes: whether the run goes on with an earlier one in its folder
  ///   - names: the files that it writes beside its record and its figures
  init<Command: ParsableCommand>(
    _ command: Command, _ common: CommonOptions, _ model: LanguageModel?, resumes: Bool = false,
    writing names: [String] = []
  ) throws {
    self.command = Command.configuration.commandName ?? ""
    settings = Settings.effective(of: command)
    (seed, asksForJSON) = (common.seed, common.json)
    settings["threads"] = .integer(Parallel.threads)
    folder = try common.out.map { try Self.folder($0, resumes: resumes, writing: names) }
    identity = try model.map { try .init($0) }
  }

  /// A folder that this run alone writes into until its end.
  static func folder(
    _ path: String, resumes: Bool = false, writing names: [String]
  ) throws -> URL {
    let url = URL(userPath: path)
    if names.contains(AdapterFile.name),
      ForeignAdapters.all.contains(where: { $0.isReadInsteadOfOwn(in: url) })
    {
      throw ValidationError(
        "--out: \(path) has an adapter in another tool's form, which would be read instead of this "
          + "run's; choose another folder.")
    }
    return try RunFolder(url, resumes: resumes, writing: names, note: Output.note).url
  }

  /// Puts settings that the command chose in the place of those that were typed.
  mutating func set(_ chosen: JSONValue) {
    for member in chosen.members ?? [] { settings[member.key] = member.value }
  }

  /// Writes the record with its figures and other files, and prints the record or what `show` does.
  ///
  /// - Parameter files: writes what can't be held in memory, and tells where it is
  func finish(
    _ results: RunResults, files more: (URL) throws -> [URL] = { _ in [] },
    show: () throws -> Void
  ) throws {
    let context = CommandContext.current
    let record = RunRecord(
      command: command,
      arguments: context?.arguments ?? Array(CommandLine.arguments.dropFirst()),
      settings: .object(
        settings.sorted { $0.key < $1.key }.map { JSONValue.Member(key: $0.key, value: $0.value) }),
      model: identity, seed: seed, started: started, results: results)
    if let folder {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      var written = try more(folder)
      for (name, data) in files.sorted(by: { $0.key < $1.key }) {
        let url = folder.appending(component: name)
        try writeAtomically(data, to: url)
        written.append(url)
      }
      written += try record.write(to: folder)
      // A point's folder is known.
      if context?.isSilent != true { for file in written { Output.note("wrote \(file.path)") } }
    }
    context?.record = record
    if asksForJSON { Output.print(json: try record.json()) } else { try show() }
  }
}
