/// A fault of a causal model, its inputs, or a request for data.
public enum CausalModelError: Error, Hashable, Sendable {
  /// Two variables of a model have the same name.
  case duplicateVariable(String)
  /// A variable is computed from one that the model does not have.
  case unknownParent(variable: String, parent: String)
  /// Variables depend on each other in a circle; the path begins and ends with the same name.
  case cycle([String])
  /// The model has no variable of the output's name.
  case missingOutput(String, known: [String])
  /// A run was given no value for an input.
  case missingInput(String)
  /// A run or an interchange names a variable that the model does not have.
  case unknownVariable(String, known: [String])
  /// A run was given a value for a variable that the model computes.
  case notAnInput(String, inputs: [String])
  /// An input has a value outside its finite set.
  case valueNotAllowed(variable: String, value: CausalValue, allowed: [String])
  /// A lookup table has no entry for its parent's value.
  case noEntry(variable: String, parent: String, value: CausalValue)
  /// A counterfactual example has another number of sources than of variables.
  case sourceCount(variables: [String], sources: Int)
  /// A counterfactual example's label is not one of the answers to compare.
  case labelNotAmongAnswers(label: String, answers: [String])
  /// A sentence template is malformed, or was given the wrong words.
  case template(String, problem: String)
  /// A number of examples is not positive.
  case invalidCount(Int)
  /// A task has fewer different examples than were requested.
  case notEnoughExamples(task: String, asked: Int, found: Int)
  /// A question has fewer different examples than were requested, mostly for a reason.
  case rejectedExamples(task: String, asked: Int, found: Int, reason: String)
  /// No built-in task has this name.
  case unknownTask(String, known: [String])
  /// No file is at a path that should have pairs.
  case noSuchPairs(String, known: [String])
  /// A task has no pairs of its own.
  case fileNeeded(task: String)
  /// A file has none of the forms that are read.
  case unknownPairForm(String, forms: [String])
  /// A task's inputs are not of the requested kind.
  case wrongInputKind(task: String, expected: String, known: [String])
  /// A task has no variable of this name to change.
  case unknownChange(String, task: String, known: [String])
  /// A split's fraction is not between 0 and 1.
  case invalidFraction(Double)
  /// An example names no member of the group that a split keeps apart.
  case missingGroup(GroupKind)
  /// The data cannot be divided so that both parts have examples.
  case cannotSplit(examples: Int, reason: String)
}

extension CausalModelError: CustomStringConvertible {
  /// One line with what was expected and what was found.
  public var description: String {
    switch self {
    case .duplicateVariable(let name):
      "causal model: variable '\(name)' is defined twice"
    case .unknownParent(let variable, let parent):
      "causal model: variable '\(variable)' depends on '\(parent)', which is not defined"
    case .cycle(let path):
      "causal model: variables depend on each other in a circle: "
        + path.joined(separator: " <- ")
    case .missingOutput(let name, let known):
      "causal model: no variable is named as the output '\(name)'; found \(list(known))"
    case .missingInput(let name):
      "causal model: no value was given for input '\(name)'"
    case .unknownVariable(let name, let known):
      "causal model: no variable is named '\(name)'; expected one of \(list(known))"
    case .notAnInput(let name, let inputs):
      "causal model: '\(name)' is computed, so it takes no input value (an intervention sets it);"
        + " inputs are \(list(inputs))"
    case .valueNotAllowed(let variable, let value, let allowed):
      "causal model: input '\(variable)' has the value '\(value)'; expected one of \(list(allowed))"
    case .noEntry(let variable, let parent, let value):
      "causal model: '\(variable)' has no entry for \(parent) = '\(value)'"
    case .sourceCount(let variables, let sources):
      "counterfactual example: \(variables.count) variables need \(variables.count) sources, found"
        + " \(sources)"
    case .labelNotAmongAnswers(let label, let answers):
      "counterfactual example: the label '\(label)' is none of the answers \(list(answers))"
    case .template(let pattern, let problem):
      "template '\(pattern)': \(problem)"
    case .invalidCount(let count):
      "expected a positive number of examples, found \(count)"
    case .notEnoughExamples(let task, let asked, let found):
      "task '\(task)': expected \(asked) different examples, found only \(found)"
    case .rejectedExamples(let task, let asked, let found, let reason):
      "task '\(task)': expected \(asked) different examples, found only \(found); most draws were"
        + " given up as \(reason)"
    case .unknownTask(let name, let known):
      "no task is named '\(name)'; expected one of \(list(known)), or a file"
    case .noSuchPairs(let path, let known):
      "\(path): no such file or folder; expected a file of pairs or a question, or one of the tasks"
        + " \(list(known))"
    case .fileNeeded(let task):
      "'\(task)' needs a file: expected \(task)=PATH"
    case .unknownPairForm(let path, let forms):
      "\(path): expected \(forms.joined(separator: ", "))"
    case .wrongInputKind(let task, let expected, let known):
      "task '\(task)' has no \(expected) inputs; expected one of \(list(known))"
    case .unknownChange(let name, let task, let known):
      "task '\(task)' has no variable '\(name)' to change; expected one of \(list(known))"
    case .invalidFraction(let fraction):
      "split: expected a fraction between 0 and 1, found \(fraction)"
    case .missingGroup(let kind):
      "split: an example names no \(kind), so no part can be disjoint in them"
    case .cannotSplit(let examples, let reason):
      "split: \(examples) examples cannot be divided: \(reason)"
    }
  }

  private func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
