/// A word that a page uses, as its key explains it.
enum ReportTerm: CaseIterable {
  case iia, heldOut, interval, logitDifference, constantAnswer
  case selfSwap, fullVector, randomSubspaces, principalComponents, shuffledSources, randomModel
  case untuned, deviation, perplexity, parameters, memory
  case rounds, effect
  case steeringNorm, orderedPairs
  case predictedTime

  /// The terms of an alignment: the accuracy and its controls.
  static let alignment: [ReportTerm] = [
    .iia, .heldOut, .interval, .selfSwap, .fullVector, .randomSubspaces, .principalComponents,
    .shuffledSources, .randomModel,
  ]

  /// The terms of trained methods.
  static let training: [ReportTerm] = [
    .constantAnswer, .untuned, .deviation, .interval, .perplexity, .parameters, .memory,
  ]

  /// The term with its definition.
  var entry: (name: String, definition: String) {
    switch self {
    case .iia, .heldOut, .interval, .logitDifference, .constantAnswer: measure
    case .untuned, .deviation, .perplexity, .parameters, .memory, .rounds, .effect: trained
    case .steeringNorm, .orderedPairs, .predictedTime: other
    default: control
    }
  }

  private var measure: (String, String) {
    switch self {
    case .iia:
      (
        "IIA, interchange intervention accuracy",
        "The share of pairs for which the network answers as the high-level causal model says, "
          + "when a representation of the base is replaced by the one that it has on the source. "
          + "Among the answers that are compared, the label has to have the largest logit."
      )
    case .heldOut:
      (
        "Held out",
        "Pairs that the fit did not see. In the language tasks they share no noun, name or place, "
          + "as the text says, with the pairs of the fit."
      )
    case .interval:
      (
        "95 % interval",
        "Wilson’s score interval of a share of n (1927). It tells what the size of the sample "
          + "leaves open; not what another seed, data set or model would give."
      )
    case .logitDifference:
      (
        "Logit difference",
        "The counterfactual answer’s logit minus the largest other answer’s, the mean over the "
          + "pairs. Above 0 the swapped representation decides the answer."
      )
    default:
      (
        "Most frequent answer",
        "What giving always the same answer would reach: what knowing nothing of the input gives."
      )
    }
  }

  private var control: (String, String) {
    switch self {
    case .selfSwap:
      (
        "Self-swap",
        "Each base is swapped with itself. Nothing may change: any change of a logit is a defect. "
          + "Its accuracy is that of the unchanged network, judged by the counterfactual labels."
      )
    case .fullVector:
      ("Full vector", "The whole vector is swapped: the most that a subspace of it can reach.")
    case .randomSubspaces:
      (
        "Random subspaces",
        "Subspaces of the same rank drawn at random, pooled: what swapping any subspace does."
      )
    case .principalComponents:
      (
        "PCA",
        "The first principal components of the training sources at the site, as many as the rank: "
          + "what the directions of largest variance carry."
      )
    case .shuffledSources:
      (
        "Shuffled sources",
        "The same subspace with sources that belong to other pairs. What is right still is so by "
          + "chance or by their labels’ frequencies."
      )
    default:
      (
        "Random model",
        "The same fit on the same network with random weights. What it reaches, the method "
          + "reaches without anything learned: an accuracy above it is the trained model’s."
      )
    }
  }

  private var trained: (String, String) {
    switch self {
    case .untuned:
      ("Untuned", "The base model without any adapter, measured in the same way.")
    case .deviation:
      (
        "± deviation",
        "The sample’s standard deviation over the seeds, which decide initial values and the "
          + "data’s order."
      )
    case .perplexity:
      (
        "Perplexity",
        "exp of the mean cross-entropy of the right completions’ tokens, or of the right labels."
      )
    case .parameters:
      (
        "Parameters",
        "Numbers that are trained, without a head’s; and their share of the base model’s."
      )
    case .memory:
      ("Peak", "The program’s largest resident memory during a run, as measured.")
    case .rounds:
      (
        "Round",
        "Successive halving: all combinations are trained for a few steps, the best third goes on "
          + "with three times as many. Scores are of development examples; the test part is not "
          + "touched."
      )
    default:
      (
        "Effect of a choice",
        "The mean score of all trials of the first round with that value, whatever their other "
          + "choices were."
      )
    }
  }

  private var other: (String, String) {
    switch self {
    case .steeringNorm:
      (
        "Norm",
        "The length of a layer’s vector, and its share of the mean length of the hidden vectors "
          + "that it was found in."
      )
    case .orderedPairs:
      (
        "Unseen pairs in order",
        "How many pairs have the positive text farther along the vector that was found in the "
          + "other pairs; a coin gets half of them."
      )
    default:
      (
        "Predicted",
        "The time that the matrix products of the step’s cone alone would take, forward and back, "
          + "at the rates that this machine reached when measured: the least that a step can take."
      )
    }
  }
}
