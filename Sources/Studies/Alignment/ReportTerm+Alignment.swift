import InterchangeReports

extension ReportTerm {
  /// The terms of an alignment: the accuracy and its controls.
  static let alignment: [ReportTerm] = [
    .iia, .heldOut, .interval, .selfSwap, .fullVector, .randomSubspaces, .principalComponents,
    .shuffledSources, .randomModel,
  ]

  /// The judgment of a fit.
  static let verdict = ReportTerm(
    "Verdict", order: 12,
    "May the accuracy be read as what the site holds? Converged: the validation loss, on pairs "
      + "taken from those of the fit, is on a plateau. Loss still falling: more steps would change "
      + "the number. Overfits: pairs of the fit do better than others. Not fitted: principal "
      + "components, or the same fit on a random model, do better. Too few pairs: the dimensions "
      + "are not determined by them.")

  /// The accuracy of every interchange experiment.
  static let iia = ReportTerm(
    "IIA, interchange intervention accuracy", order: 10,
    "The share of pairs for which the network answers as the high-level causal model says, "
      + "when a representation of the base is replaced by the one that it has on the source. "
      + "Among the answers that are compared, the label has to have the largest logit.")

  static let heldOut = ReportTerm(
    "Held out", order: 11,
    "Pairs that the fit did not see. In the language tasks they share no noun, name or place, "
      + "as the text says, with the pairs of the fit.")

  static let selfSwap = ReportTerm(
    "Self-swap", order: 20,
    "Each base is swapped with itself. Nothing may change: any change of a logit is a defect. "
      + "Its accuracy is that of the unchanged network, judged by the counterfactual labels.")

  static let fullVector = ReportTerm(
    "Full vector", order: 21,
    "The whole vector is swapped: the most that a subspace of it can reach.")

  static let randomSubspaces = ReportTerm(
    "Random subspaces", order: 22,
    "Subspaces of the same rank drawn at random, pooled: what swapping any subspace does.")

  static let principalComponents = ReportTerm(
    "PCA", order: 23,
    "The first principal components of the training sources at the site, as many as the rank: "
      + "what the directions of largest variance carry.")

  static let shuffledSources = ReportTerm(
    "Shuffled sources", order: 24,
    "The same subspace with sources that belong to other pairs. What is right still is so by "
      + "chance or by their labels’ frequencies.")

  static let illusion = ReportTerm(
    "Row space and null space", order: 26,
    "A direction may work by an accident: a part that nothing reads tells base and source apart, "
      + "and a part that is read but sleeps on natural inputs passes it on (Makelov et al. 2023). "
      + "Each part is swapped alone; where the whole works and the row space doesn’t, the "
      + "subspace is perhaps an illusion.")

  static let divergence = ReportTerm(
    "Divergence", order: 27,
    "How far patched activations are from natural ones: the distance to the nearest of the "
      + "training texts’ activations, and Mahalanobis distance with the covariance of Ledoit and "
      + "Wolf (2004), beside the same of natural activations of the test texts. Where 5 % lie "
      + "beyond 95 % of the natural ones, they are alike.")

  static let randomModel = ReportTerm(
    "Random model", order: 25,
    "The same fit on the same network with random weights. What it reaches, the method "
      + "reaches without anything learned: an accuracy above it is the trained model’s.")
}
