import Synchronization

/// A list that can be added to from outside, by any thread: the house's own elements and then those
/// of its users, in the order of their registration.
package final class Registry<Element: Sendable>: Sendable {
  private let own: [Element]
  private let added = Mutex<[Element]>([])

  package init(_ own: [Element]) { self.own = own }

  /// Every element.
  package var all: [Element] { own + added.withLock { $0 } }

  /// Adds an element, unless one like it is there.
  ///
  /// - Parameter isAdded: decides from all elements before it; throws to refuse it
  package func register(
    _ element: Element, where isAdded: ([Element]) throws -> Bool
  ) rethrows {
    try added.withLock { elements in
      if try isAdded(own + elements) { elements.append(element) }
    }
  }
}
