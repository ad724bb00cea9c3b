import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics
import Testing

@testable import InterchangeCLI

/// The settings in a record, the codes of errors, and the groups of commands.
@Suite struct SettingsTests {
  /// Every option has its value by its name, defaults included.
  @Test func everyOptionIsRecorded() throws {
    let result = try Program.run([
      "attention", Program.tiny, "--text", "abc", "--layers", "0", "--json", "--threads", "1",
    ])
    let settings = try #require(try result.record().settings)
    #expect(settings["text"]?.string == "abc" && settings["layers"]?.string == "0")
    #expect(settings["model"]?.string == Program.tiny && settings["threads"]?.integer == 1)
    // Defaults, of groups of options too, and what is not chosen.
    #expect(settings["top"]?.integer == 3 && settings["seed"]?.integer == 0)
    #expect(settings["weights"]?.string == "stored")
    let names = try #require(settings.members).map(\.key)
    #expect(names.contains("heads") && names.contains("out") && !names.contains("json"))
    #expect(names == names.sorted())
  }

  /// The names are those of the command line, for every command.
  @Test func settingsAreNamedAsOptions() throws {
    let command = try #require(
      try InterchangeCommand.parseAsRoot([
        "finetune", "MODEL", "--data", "x", "--rank", "4", "--no-best", "--answers", "choose",
      ]) as? FinetuneCommand)
    let settings = Settings.effective(of: command)
    #expect(settings["rank"] == .string("4") && settings["best"] == .bool(false))
    #expect(settings["learning-rate"] == .number(4e-3) && settings["decay"] == .string("linear"))
    #expect(settings["answers"] == .string("choose") && settings["patience"] == .null)
    let dumped = try Program.run(["--experimental-dump-help"]).json()
    let root = try #require(dumped["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    let finetune = try #require(commands.first { $0["commandName"] as? String == "finetune" })
    let options = try #require(finetune["arguments"] as? [[String: Any]]).compactMap { option in
      (option["preferredName"] as? [String: Any])?["name"] as? String
        ?? option["valueName"] as? String
    }
    let names = Set(options).subtracting(["json", "help", "version"])
    #expect(names.filter { !$0.hasPrefix("no-") } == Set(settings.keys))
  }

  /// A method's own defaults are recorded where nothing was chosen, beside the results too.
  @Test func defaultsOfAMethod() throws {
    let data = try TemporaryFile(Data(#"{"prompt":"abc","completion":"cc"}"#.utf8))
    let result = try Program.run([
      "finetune", Program.tiny, "--data", data.url.path, "--epochs", "1", "--layers", "1",
      "--answers", "loss", "--json",
    ])
    try #require(result.status == 0, "\(result.errors)")
    let record = try result.record()
    let settings = try #require(record.settings)
    #expect(settings["method"]?.string == "loreft" && settings["answers"]?.string == "loss")
    #expect(settings["rank"]?.integer != nil && settings["positions"] != nil)
    #expect(settings["training"]?["epochs"]?.integer == 1)
    let configuration = try #require(record.results.comparisons?.first).methods[0].configuration
    #expect(configuration.rank == settings["rank"]?.integer && configuration.positions != nil)
  }

  @Test func errorsHaveCodes() {
    struct Foreign: ClassifiedError { let failure: Failure }
    struct Unknown: Error {}
    let path = "a"
    #expect(
      ExitStatus.status(of: DatasetError.invalidData(path: path, line: 1, reason: "")) == .badInput)
    #expect(ExitStatus.status(of: RunRecordError.unreadable(path: path, reason: "")) == .badInput)
    #expect(ExitStatus.status(of: FineTuningError.diverged(step: 1)) == .failed)
    #expect(ExitStatus.status(of: FineTuningError.noExamples) == .badInput)
    #expect(ExitStatus.status(of: Foreign(failure: .badInput)) == .badInput)
    #expect(ExitStatus.status(of: Foreign(failure: .failed)) == .failed)
    #expect(ExitStatus.status(of: Unknown()) == .failed)
  }

  @Test func everyCommandIsInAGroup() {
    let configuration = InterchangeCommand.configuration
    #expect(configuration.ungroupedSubcommands.isEmpty)
    #expect(
      configuration.groupedSubcommands.map(\.name)
        == ["Look", "Intervene", "Search", "Tune", "Exchange", "Show", "Measure"])
    let names = configuration.subcommands.map { $0.configuration.commandName ?? "" }
    #expect(names.count == 23 && Set(names).count == 23 && !names.contains(""))
  }
}
