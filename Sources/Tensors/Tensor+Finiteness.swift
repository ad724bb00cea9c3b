extension Tensor {
  /// True where all elements are numbers and their sum is one too.
  package var isFinite: Bool { detached.sum().scalar.isFinite }

  /// The first element that is infinite or no number, with its place; nil when there is none.
  package var firstNonFinite: (index: Int, value: Float)? {
    withElements { elements in
      elements.firstIndex { !$0.isFinite }.map { ($0, elements[$0]) }
    }
  }
}
