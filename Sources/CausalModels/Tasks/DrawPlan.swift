import InterchangeBasics

/// A plan by which a task draws different examples so that they are balanced and can be split
/// without loss.
///
/// An example belongs to a *cell*, a combination of yes/no choices such as "base is plural", and to
/// a *pool* of words. Cells are filled in turn, so every choice is made equally often in every
/// pool. An example's words come from one pool, so a split that keeps pools together drops nothing.
public struct DrawPlan: Sendable {
  /// One example's place in the plan.
  public struct Slot: Sendable {
    /// The combination of choices, one bit each.
    public let cell: Int
    /// The index of the pool that words come from.
    public let pool: Int

    /// The choice at this bit of the cell.
    public func choice(_ bit: Int) -> Bool { cell >> bit & 1 == 1 }
  }

  /// The number of pools that the language tasks deal their words into.
  public static let poolCount = 8
  /// Draws of seen examples in a row after which a slot is taken to have no more, at most.
  private static let patience = 2_000

  /// The same where they were so many different ones: one that is left, as likely as the others,
  /// would have turned up but for one time in e⁴⁰.
  private static func patience(different: Int) -> Int { min(patience, 100 + 40 * different) }

  /// Draws without an example after which a slot is taken to have none.
  private static let patienceForFirst = 500

  let task: String
  let cells: Int
  let pools: Int

  /// - Parameters:
  ///   - task: the task's name, for errors
  ///   - choices: the number of yes/no choices
  ///   - pools: the number of pools that words come from
  public init(task: String, choices: Int, pools: Int = DrawPlan.poolCount) {
    self.init(task: task, cells: 1 << choices, pools: pools)
  }

  /// - Parameters:
  ///   - task: the task's name, for errors
  ///   - cells: the number of combinations of choices
  ///   - pools: the number of pools that words come from
  init(task: String, cells: Int, pools: Int) {
    (self.task, self.cells, self.pools) = (task, cells, pools)
  }

  /// Draws different examples and shuffles them.
  ///
  /// - Parameters:
  ///   - isFutile: tells after a draw without an example that more would be in vain
  ///   - make: makes an example of a slot; it may make one that was there before, or none
  /// - Throws: `CausalModelError` for a count that is not positive, or when no new example turns
  ///   up.
  public func draw<Example: Hashable>(
    _ count: Int, using generator: inout SplitMix64, isFutile: () -> Bool = { false },
    _ make: (Slot, inout SplitMix64) throws -> Example?
  ) throws -> [Example] {
    guard count > 0 else { throw CausalModelError.invalidCount(count) }
    var seen: Set<Example> = []
    var examples: [Example] = []
    // A slot that never gives an example, such as a choice that contradicts another, is passed
    // over.
    var isEmpty = [Bool](repeating: false, count: cells * pools)
    var index = 0
    func tooFew() -> CausalModelError {
      .notEnoughExamples(task: task, asked: count, found: examples.count)
    }
    func found(in slot: Slot) throws -> Example? {
      let place = slot.cell + cells * slot.pool
      guard !isEmpty[place] else { return nil }
      var again: Set<Example> = []
      var failures = 0
      for draws in 0..<Self.patience {
        guard let example = try make(slot, &generator) else {
          failures += 1
          if isFutile() { throw tooFew() }
          if again.isEmpty && failures == Self.patienceForFirst { break }
          continue
        }
        if seen.insert(example).inserted { return example }
        again.insert(example)
        if draws - failures >= Self.patience(different: again.count) { break }
      }
      isEmpty[place] = true
      guard again.isEmpty, isEmpty.contains(false) else { throw tooFew() }
      return nil
    }
    while examples.count < count {
      let slot = Slot(cell: index % cells, pool: index / cells % pools)
      if let example = try found(in: slot) { examples.append(example) }
      index += 1
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
