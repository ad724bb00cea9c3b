import Foundation
import Interchange
import InterchangeBasics
import Testing

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

  /// Every option of a command is in the record by the name that it has on the command line.
  @Test func settingsAreNamedAsOptions() throws {
    let data = try TemporaryFile(Data(#"{"prompt":"abc","completion":"cc"}"#.utf8))
    let result = try Program.run([
      "finetune", Program.tiny, "--data", data.url.path, "--rank", "2", "--no-best", "--epochs",
      "1", "--answers", "loss", "--json",
    ])
    let settings = try #require(try result.record().settings)
    #expect(settings["rank"]?.integer == 2 && settings["best"] == .bool(false))
    #expect(settings["learning-rate"] == .number(4e-3) && settings["decay"] == .string("linear"))
    let dumped = try Program.run(["--experimental-dump-help"]).json()
    let root = try #require(dumped["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    let finetune = try #require(commands.first { $0["commandName"] as? String == "finetune" })
    let options = try #require(finetune["arguments"] as? [[String: Any]]).compactMap { option in
      (option["preferredName"] as? [String: Any])?["name"] as? String
        ?? option["valueName"] as? String
    }
    let names = Set(options).subtracting(["json", "save-as", "help", "version"])
      .filter { !$0.hasPrefix("no-") }
    let recorded = Set(try #require(settings.members).map(\.key))
    #expect(names.isSubset(of: recorded), "\(names.subtracting(recorded).sorted())")
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

  @Test func errorsHaveCodes() throws {
    let missing = try Program.run(["evaluate", Program.tiny, "--data", "/nonexistent/x.jsonl"])
    #expect(missing.status == 65)
    #expect(try Program.run(["report", "/nonexistent"]).status == 65)
    #expect(try Program.run(["sweep", Program.tiny, "--limit", "0"]).status == 64)
  }

  @Test func everyCommandIsInAGroup() throws {
    let help = try Program.run(["--help"]).output
    for group in ["LOOK", "INTERVENE", "SEARCH", "TUNE", "EXCHANGE", "SHOW", "MEASURE"] {
      #expect(help.contains("\(group) SUBCOMMANDS:"), "\(group)")
    }
  }
}
