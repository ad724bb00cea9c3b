import ArgumentParser
import Foundation
import Interchange

/// `interchange mib`: which method finds the variables of MIB's tasks.
struct MIBCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mib",
    abstract: "Compare methods on the causal variables of MIB's tasks.",
    discussion: """
      A part of the vector is taken from a counterfactual source, and the answer should become the \
      one that the causal model gives: the share of test pairs for which it does, of texts that the \
      model answers right. Tasks: \(MIBTask.names.joined(separator: ", ")); arc needs a file, such \
      as arc=data/ARC-Easy (LLM-Adapters' form, or MIB's rows), and every task can have one; \
      name=path with another name is a task of your own. Methods: \
      \(AttributeMethods.ofOneVariable.summaries).
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("The tasks, such as mcqa,arc=data/ARC-Easy,ioi.", valueName: "list"))
  var tasks = MIBTask.builtIn.joined(separator: ",")
  @Option(help: ArgumentHelp("The methods to compare.", valueName: "names"))
  var methods = AttributeMethods.ofOneVariable.names
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The position that is swapped, such as -1.", valueName: "p"))
  var position = "-1"
  @Option(.counts(from: 2 * AttributePairs.minimum), "Pairs of each variable, train and test.")
  var pairs = 384
  @OptionGroup var options: AttributeComparisonOptions
  @OptionGroup var common: CommonOptions

  func validate() throws { _ = try types() }

  func run() throws {
    let types = try types()
    let tasks = try tasks.split(separator: ",").map { try MIBTask(parsing: String($0)) }
    let model = try model.load()
    let writer = try RunWriter(self, common, model)
    var comparison = MIBComparison(
      tasks: tasks,
      try options.comparison(of: model, types, position: position, seed: common.seed))
    comparison.pairs = pairs
    let progress = FitProgressLines("mib")
    let study = try comparison.run(
      model, store: { options.storeOptions.store(for: $0) }, progress: progress.show)
    try writer.finish(RunResults(study)) {
      Output.print(study.tables, remarks: study.remarks)
    }
  }

  private func types() throws -> [any AttributeMethod.Type] {
    try AttributeMethods.parsed(methods, among: AttributeMethods.ofOneVariable)
  }
}
