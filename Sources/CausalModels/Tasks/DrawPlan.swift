import InterchangeBasics

/// A plan by which a task draws different examples so that they are balanced and can be split
/// without loss.
///
/// An example belongs to a *cell*, a combination of yes/no choices such as "base is plural", and to
/// a *pool* of words. Cells are filled in turn, so every choice is made equally often in every
/// pool. An example's words come from one pool, so a split that keeps pools together drops nothing.
struct DrawPlan {
  /// One example's place in the plan.
  struct Slot {
    /// The combination of choices, one bit each.
    let cell: Int
    /// The index of the pool that words come from.
    let pool: Int

    /// The choice at this bit of the cell.
    func choice(_ bit: Int) -> Bool { cell >> bit & 1 == 1 }
  }

  /// The number of pools that the language tasks deal their words into.
  static let poolCount = 8
  /// Draws of seen examples in a row after which a task is taken to have no more.
  private static let patience = 2_000

  let task: String
  /// The number of yes/no choices.
  let choices: Int
  let pools: Int

  /// Draws different examples and shuffles them.
  ///
  /// - Throws: `CausalModelError` for a count that is not positive, or when no new example turns
  ///   up.
  func draw<Example: Hashable>(
    _ count: Int, using generator: inout SplitMix64,
    _ make: (Slot, inout SplitMix64) throws -> Example
  ) throws -> [Example] {
    guard count > 0 else { throw CausalModelError.invalidCount(count) }
    let cells = 1 << choices
    var seen: Set<Example> = []
    var examples: [Example] = []
    for index in 0..<count {
      let slot = Slot(cell: index % cells, pool: index / cells % pools)
      var draws = 0
      var example: Example
      repeat {
        guard draws < Self.patience else {
          throw CausalModelError.notEnoughExamples(
            task: task, asked: count, found: examples.count)
        }
        example = try make(slot, &generator)
        draws += 1
      } while !seen.insert(example).inserted
      examples.append(example)
    }
    return examples.shuffled(using: &generator)
  }
}

extension Array {
  /// Shuffles the elements and deals them like cards into a number of pools of nearly equal size.
  func dealt(into pools: Int, using generator: inout SplitMix64) -> [[Element]] {
    var dealt = [[Element]](repeating: [], count: pools)
    for (index, element) in shuffled(using: &generator).enumerated() {
      dealt[index % pools].append(element)
    }
    return dealt
  }

  /// Different elements, `count` of them, in random order; a programmer error if there are fewer.
  func drawn(_ count: Int, using generator: inout SplitMix64) -> [Element] {
    require(count <= self.count, "drawn: expected \(count) elements, got \(self.count)")
    return Array(shuffled(using: &generator).prefix(count))
  }

  /// One element at random; a programmer error if there is none.
  func drawn(using generator: inout SplitMix64) -> Element {
    require(!isEmpty, "drawn: expected at least 1 element, got 0")
    return self[Int.random(in: indices, using: &generator)]
  }
}

extension Template {
  /// The filled template as a prompt, with the causal model's answer.
  func prompt(
    _ words: [String: String], setting: Setting, model: CausalModel,
    groups: [GroupKind: Set<String>]
  ) throws -> Prompt {
    let (text, spans) = try fill(words)
    return try Prompt(
      text: text, spans: spans, template: pattern, setting: setting,
      answer: model.answer(setting), groups: groups)
  }
}
