import ArgumentParser
import Foundation
import InterchangeBasics
import InterchangeNotebooks

/// `interchange-notebook`: notebooks in Markdown, run and checked.
@main
struct NotebookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interchange-notebook",
    abstract: "Run notebooks in Markdown, or check that they are up to date.",
    subcommands: [Run.self, Check.self])

  struct Files: ParsableArguments {
    @Argument(help: "Notebooks.") var files: [String]
    @Flag(
      help: "Leave out notebooks that need a file, such as a model, that isn't in the repository.")
    var onlySelfContained = false

    func eachFile(_ work: (NotebookRunner, URL) throws -> NotebookRunner.Outcome) throws {
      var failed = false
      for file in files {
        let url = URL(userPath: file)
        do {
          let runner = NotebookRunner(root: try root(of: url))
          if onlySelfContained, let need = try runner.needs(url).first {
            print("\(file): left out, as it needs \(need)")
            continue
          }
          let outcome = try work(runner, url)
          print("\(outcome.path): \(Int(outcome.seconds.rounded())) s")
          for (file, count) in outcome.leftOut.sorted(by: { $0.key < $1.key }) {
            print("  \(count) cells left out, as there is no \(file)")
          }
        } catch let error as NotebookError {
          FileHandle.standardError.write(Data("\(error)\n".utf8))
          failed = true
        }
      }
      if failed { throw ExitCode.failure }
    }

    /// The folder above a notebook that has a package.
    private func root(of file: URL) throws -> URL {
      var folder = file.standardizedFileURL.deletingLastPathComponent()
      while folder.path != "/" {
        let manifest = folder.appending(component: "Package.swift")
        if FileManager.default.fileExists(atPath: manifest.path) { return folder }
        folder.deleteLastPathComponent()
      }
      throw ValidationError("\(file.path): no folder above it has a Package.swift")
    }
  }

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the outputs and figures of notebooks into them.")
    @OptionGroup var files: Files

    func run() throws { try files.eachFile { try $0.run($1) } }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fail where a notebook prints, draws or claims something else than is in it.")
    @OptionGroup var files: Files

    func run() throws { try files.eachFile { try $0.check($1) } }
  }
}
