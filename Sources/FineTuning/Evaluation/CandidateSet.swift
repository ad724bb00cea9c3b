import InterchangeModels
import InterchangeTensors

/// A prompt and the completions that compete after it.
struct CandidateSet {
  let prompt: [Int]
  let completions: [[Int]]
  /// The member of an ensemble that chooses.
  var member: Int

  /// The length of the longest sequence that a model reads of it.
  func length(in architecture: any Architecture) -> Int {
    let longest = completions.max { $0.count < $1.count } ?? []
    let input = architecture.input(prompt, continuedBy: longest)
    return max(input.length, input.source?.length ?? 0)
  }

  /// The tokens that all completions begin with.
  fileprivate var common: [Int] {
    let shortest = completions.map(\.count).min() ?? 0
    let count = (0..<shortest).first { place in
      completions.contains { $0[place] != completions[0][place] }
    }
    return Array(completions[0].prefix(count ?? shortest))
  }

  /// Each completion's one token after what is common, when there is just one and they all differ:
  /// then one row of logits decides.
  fileprivate var deciding: [Int]? {
    let count = common.count
    let tokens = completions.compactMap { $0.count == count + 1 ? $0[count] : nil }
    return tokens.count == completions.count && Set(tokens).count == tokens.count ? tokens : nil
  }
}

extension AdaptedModel {
  /// The likeliest completion of each set: the largest sum of its tokens' log-probabilities.
  func likeliest(_ sets: [CandidateSet]) throws -> [Int] {
    var best = sets.map { _ in 0 }
    let single = sets.indices.filter { sets[$0].deciding != nil }
    if !single.isEmpty {
      let found = try decidedByOneToken(single.map { sets[$0] })
      for (index, choice) in zip(single, found) { best[index] = choice }
    }
    for index in sets.indices where sets[index].deciding == nil {
      best[index] = try likeliest(sets[index])
    }
    return best
  }

  private func decidedByOneToken(_ sets: [CandidateSet]) throws -> [Int] {
    let tokens = sets.map { $0.deciding ?? [] }
    let wanted = Array(Set(tokens.joined())).sorted()
    let columns = Dictionary(uniqueKeysWithValues: wanted.enumerated().map { ($1, $0) })
    var request = Request.lastLogits(
      sets.map { base.architecture.input($0.prompt, continuedBy: $0.common) }, outputs: wanted)
    try contribute(
      to: &request, promptLengths: sets.map(\.prompt.count), members: sets.map(\.member))
    let logits = try base.run(request).logits!
    return tokens.enumerated().map { row, tokens in
      let values = tokens.map { logits[row, columns[$0] ?? 0] }
      return values.indices.max { (values[$0], $1) < (values[$1], $0) } ?? 0
    }
  }

  private func likeliest(_ set: CandidateSet) throws -> Int {
    let architecture = base.architecture
    var request = Request(
      set.completions.map { architecture.input(set.prompt, continuedBy: $0) })
    request.logits = set.completions.map {
      Array(architecture.continuationPositions(prompt: set.prompt.count, count: $0.count))
    }
    try contribute(
      to: &request, promptLengths: set.completions.map { _ in set.prompt.count },
      members: set.completions.map { _ in set.member })
    let logProbabilities = try base.run(request).logits!.logSoftmax()
    var (row, sums) = (0, [Float]())
    for completion in set.completions {
      sums.append(
        completion.enumerated().reduce(0) { $0 + logProbabilities[row + $1.offset, $1.element] })
      row += completion.count
    }
    return sums.indices.max { (sums[$0], $1) < (sums[$1], $0) } ?? 0
  }
}
