import InterchangeBasics

/// Draws the values of a question's variables for a base and its sources.
///
/// The order of draws is fixed, since published examples depend on it: sets of different words, the
/// text, single values in the document's order, then what is the base's own and each source's own.
struct QuestionSampler {
  /// Words that are dealt into pools: the values that some variables of the group share, or those
  /// of one class.
  private struct WordSet {
    let variables: [String]
    let values: [CausalValue]
    /// Words for base and sources together, all different.
    let needed: Int
  }

  /// A choice that is made equally often: a variable's value at a place.
  private struct Digit {
    let variable: String
    /// 0 for the base, then the sources.
    let place: Int
    /// The values to choose from; for what is changed they are counted from the base's.
    let radix: Int
    let differsFromBase: Bool
  }

  /// The words of each set in a pool.
  typealias Pool = [[CausalValue]]

  private let question: Question
  private let change: Question.Change?
  private let digits: [Digit]
  private let domains: [String: [CausalValue]]
  private let sets: [WordSet]
  private let shared: Set<String>
  private let sourceCount: Int
  /// The variables that are drawn.
  private let inputs: Set<String>

  let rejections: Rejections

  /// Draws of a base's or a source's own values, for values that are chosen beforehand.
  private static let patience = 200
  /// Values that are balanced are at most that many.
  private static let largestDomain = 16

  /// - Parameters:
  ///   - change: nil for prompts by themselves
  ///   - count: the number of examples that are wanted
  init(_ question: Question, change: Question.Change?, count: Int = 0) {
    (self.question, self.change) = (question, change)
    rejections = Rejections(count: count)
    sourceCount = change?.variables.count ?? 0
    inputs = Set(question.fullModel.inputs)
    shared = Set(question.same + (change?.same ?? []))
    sets = Self.sets(question, sourceCount, shared)
    let inSets = Set(sets.flatMap(\.variables))
    let domains = Self.domains(question)
    self.domains = domains
    // What is changed is balanced by itself where it has few values.
    let changed = (change?.variables ?? question.changes[0].variables).filter { variable in
      !inSets.contains(variable) && (domains[variable].map { $0.count > 1 } ?? false)
        && !question.balance.contains(variable)
    }
    let balanced = question.balance + changed
    var digits: [Digit] = []
    for place in 0...sourceCount {
      for variable in balanced {
        guard let domain = domains[variable] else { continue }
        let isChanged = place > 0 && change?.variables[place - 1] == variable
        let differs = isChanged && !question.keepsAnswer
        guard place == 0 || isChanged || !shared.contains(variable) else { continue }
        digits.append(
          Digit(
            variable: variable, place: place, radix: differs ? domain.count - 1 : domain.count,
            differsFromBase: differs))
      }
    }
    self.digits = digits
  }

  /// The number of combinations of balanced choices.
  var cells: Int {
    digits.reduce(1) { product, digit in
      let (cells, overflow) = product.multipliedReportingOverflow(by: max(1, digit.radix))
      return overflow ? .max : cells
    }
  }

  /// The values that variables can have, where they are few.
  static func domains(_ question: Question) -> [String: [CausalValue]] {
    var domains: [String: [CausalValue]] = [:]
    func add(_ name: String, _ values: [CausalValue]?) {
      if let values, values.count <= largestDomain { domains[name] = values }
    }
    for name in question.fullModel.variables {
      guard let variable = question.variables.first(where: { $0.name == name }) else { continue }
      switch variable.kind {
      case .drawn(let values): add(name, values)
      case .classed(let other, let classes):
        add(name, variable.values)
        add(other, classes.map(\.name))
      case .computed(let expression):
        add(name, expression.possibleValues(domains, most: largestDomain))
      }
    }
    return domains
  }

  private static func sets(
    _ question: Question, _ sourceCount: Int, _ shared: Set<String>
  ) -> [WordSet] {
    var sets: [WordSet] = []
    var seen: [[CausalValue]] = []
    for variable in question.variables where question.groupVariables.contains(variable.name) {
      switch variable.kind {
      case .classed(_, let classes):
        sets += classes.map { WordSet(variables: [variable.name], values: $0.values, needed: 1) }
      case .drawn(let values) where !seen.contains(values):
        seen.append(values)
        let members = question.variables.filter {
          if case .drawn(let other) = $0.kind {
            return other == values && question.groupVariables.contains($0.name)
          }
          return false
        }.map(\.name)
        let own = members.count { !shared.contains($0) }
        sets.append(
          WordSet(
            variables: members, values: values, needed: members.count + own * sourceCount))
      case .drawn, .computed: break
      }
    }
    return sets
  }

  /// Says why draws were given up where the question makes too few examples.
  func explaining<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch CausalModelError.notEnoughExamples(let task, let asked, let found) {
      guard let reason = rejections.main else {
        throw CausalModelError.notEnoughExamples(task: task, asked: asked, found: found)
      }
      throw CausalModelError.rejectedExamples(
        task: task, asked: asked, found: found, reason: reason)
    }
  }

  // MARK: Pools

  /// All words in one pool.
  var wholePools: Pool { sets.map(\.values) }

  /// Every set's words, shuffled and dealt into pools of nearly equal size.
  func dealt(using generator: inout SplitMix64) -> [Pool] {
    let most = sets.map { set in
      // Three pools at least, so that a split by them drops nothing, where the words suffice.
      max(
        set.values.count / max(4, set.needed), min(3, set.values.count / max(1, set.needed)))
    }.min()
    let count = sets.isEmpty ? 1 : question.pools ?? min(DrawPlan.poolCount, max(1, most ?? 1))
    let bySet = sets.map { $0.values.dealt(into: count, using: &generator) }
    return (0..<count).map { pool in bySet.map { $0[pool] } }
  }

  // MARK: Draws

  /// The values of base and sources; nil when choices, conditions or the change aren't met.
  ///
  /// - Throws: as the expressions.
  func draw(
    _ slot: DrawPlan.Slot, pools: Pool, using generator: inout SplitMix64
  ) throws -> (template: Template, settings: [Setting])? {
    var settings = targets(slot.cell)
    for (set, words) in zip(sets, pools) where set.needed > 1 {
      var drawn = words.drawn(min(set.needed, words.count), using: &generator)[...]
      for place in settings.indices {
        for variable in set.variables where place == 0 || !shared.contains(variable) {
          settings[place][variable] = drawn.popFirst()
        }
      }
    }
    let template = question.templates.drawn(using: &generator)
    for variable in question.variables {
      switch variable.kind {
      case .classed(let other, let classes):
        drawClassed(variable.name, other, classes, pools, &settings, using: &generator)
      case .drawn(let values):
        let set = sets.firstIndex { $0.variables.contains(variable.name) && $0.needed == 1 }
        guard set != nil || shared.contains(variable.name), settings[0][variable.name] == nil
        else { continue }
        settings[0][variable.name] = (set.map { pools[$0] } ?? values).drawn(using: &generator)
      case .computed: break
      }
    }
    for place in settings.indices {
      for variable in question.variables where place > 0 && shared.contains(variable.name) {
        settings[place][variable.name] = settings[0][variable.name]
      }
      guard let whole = try completed(settings[place], using: &generator) else { return nil }
      settings[place] = whole
    }
    guard let change, !question.keepsAnswer else { return (template, settings) }
    let differ = zip(change.variables, settings.dropFirst()).allSatisfy { variable, source in
      source[variable] != settings[0][variable]
    }
    if !differ { rejections.count("the source has the base's value of what is changed") }
    return differ ? (template, settings) : nil
  }

  /// Draws what a base or a source still lacks, until what was chosen for its computed variables
  /// and the question's conditions hold.
  ///
  /// - Returns: the values of all variables; nil when they don't come to hold
  private func completed(
    _ chosen: Setting, using generator: inout SplitMix64
  ) throws -> Setting? {
    let own = question.variables.filter { variable in
      guard case .drawn = variable.kind, chosen[variable.name] == nil else { return false }
      return !sets.contains { $0.variables.contains(variable.name) }
    }
    for _ in 0..<(own.isEmpty ? 1 : Self.patience) where !rejections.isFutile {
      var given = chosen.filter { inputs.contains($0.key) }
      for variable in own { given[variable.name] = variable.values.drawn(using: &generator) }
      // A set has fewer words than base and sources need.
      guard given.count == inputs.count else {
        rejections.count("the group has too few values for a base and its sources")
        return nil
      }
      let setting = try question.fullModel.run(given)
      guard chosen.allSatisfy({ setting[$0.key] == $0.value }) else {
        rejections.count("balanced values don't come up")
        continue
      }
      if let broken = try question.conditions.first(where: { try $0.value(setting) == false }) {
        rejections.count("'where' doesn't hold: \(broken.text)")
        continue
      }
      return setting
    }
    return nil
  }

  /// Draws different words of the classes that base and sources have.
  private func drawClassed(
    _ name: String, _ other: String, _ classes: [(name: CausalValue, values: [CausalValue])],
    _ pools: Pool, _ settings: inout [Setting], using generator: inout SplitMix64
  ) {
    let isShared = shared.contains(name)
    for place in settings.indices where settings[place][other] == nil {
      settings[place][other] =
        isShared && place > 0 ? settings[0][other] : classes.drawn(using: &generator).name
    }
    let firstSet = sets.firstIndex { $0.variables == [name] }
    for (index, group) in classes.enumerated() {
      let places = settings.indices.filter {
        settings[$0][other] == group.name && (!isShared || $0 == 0)
      }
      let words = firstSet.map { pools[$0 + index] } ?? group.values
      guard !places.isEmpty, !words.isEmpty else { continue }
      let drawn =
        places.count == 1
        ? [words.drawn(using: &generator)]
        : words.drawn(min(places.count, words.count), using: &generator)
      for (place, word) in zip(places, drawn) { settings[place][name] = word }
    }
    if isShared {
      for place in settings.indices.dropFirst() { settings[place][name] = settings[0][name] }
    }
  }

  /// The values that a cell's choices decide, for base and sources.
  private func targets(_ cell: Int) -> [Setting] {
    var settings = [Setting](repeating: [:], count: sourceCount + 1)
    var indices: [String: Int] = [:]
    var rest = cell
    for digit in digits {
      let choice = digit.radix > 1 ? rest % digit.radix : 0
      rest /= max(1, digit.radix)
      guard let domain = domains[digit.variable] else { continue }
      var index = choice
      if digit.differsFromBase {
        index = ((indices[digit.variable] ?? 0) + 1 + choice) % domain.count
      }
      if digit.place == 0 { indices[digit.variable] = index }
      settings[digit.place][digit.variable] = domain[index]
    }
    for place in settings.indices.dropFirst() {
      for variable in shared where settings[place][variable] == nil {
        settings[place][variable] = settings[0][variable]
      }
    }
    return settings
  }
}
