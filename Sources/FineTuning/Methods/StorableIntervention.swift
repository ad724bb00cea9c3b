import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An intervention that can be kept in an adapter's file: its tensors by name, and as JSON what
/// they don't say.
///
/// ```
/// extension Doubling: StorableIntervention {
///   static var methods: [String] { ["doubling"] }
///   var storedTensors: [(name: String, tensor: Tensor)] { [("scale", scale.value)] }
///   convenience init(from stored: StoredIntervention) throws {
///     self.init(scale: try stored.tensor("scale", [stored.width]))
///   }
/// }
/// try StorableInterventions.register(Doubling.self)
/// ```
public protocol StorableIntervention: Intervention, SendableMetatype {
  /// A record of what the tensors don't say.
  associatedtype Traits: Codable = NoTraits

  /// The names that it has in files; an intervention's `name` is one of them.
  static var methods: [String] { get }
  /// The record of what its tensors don't say.
  var traits: Traits { get }
  /// Its tensors by name, trained or not.
  var storedTensors: [(name: String, tensor: Tensor)] { get }

  /// An intervention from its file.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` or `CheckpointError`.
  init(from stored: StoredIntervention) throws
}

/// The record of an intervention whose tensors say everything.
public struct NoTraits: Codable, Sendable {
  public init() {}
}

extension StorableIntervention where Traits == NoTraits {
  public var traits: NoTraits { NoTraits() }
}

/// One intervention as an adapter's file holds it.
public struct StoredIntervention {
  /// The name that it has in the file.
  public let method: String
  /// The width of the site.
  public let width: Int
  /// The width of what is read, where something is.
  public let sourceWidth: Int?
  private let traits: JSONValue
  private let index: Int
  private let tensors: AdapterTensors

  init(
    method: String, traits: JSONValue, width: Int, sourceWidth: Int?, index: Int,
    tensors: AdapterTensors
  ) {
    (self.method, self.traits) = (method, traits)
    (self.width, self.sourceWidth) = (width, sourceWidth)
    (self.index, self.tensors) = (index, tensors)
  }

  /// Reads what the tensors don't say.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for another record.
  public func traits<Traits: Decodable>(as type: Traits.Type = Traits.self) throws -> Traits {
    do {
      return try JSONDecoder().decode(type, from: JSONEncoder().encode(traits))
    } catch {
      throw invalid("traits", "what \(method) keeps", traits.summary)
    }
  }

  /// A tensor by name and shape.
  ///
  /// - Throws: `CheckpointError` when it is missing,
  ///   ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for another shape.
  public func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    try tensors.tensor("\(index).\(name)", shape)
  }

  /// An error that names the file and this intervention's field.
  public func invalid(
    _ field: String, _ expected: String, _ found: String
  ) -> FineTuningError {
    tensors.invalid("\(index).\(field)", expected, found)
  }

  /// A rank, from 1 to a largest one.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for any other.
  public func rank(_ rank: Int?, upTo largest: Int) throws -> Int {
    guard largest >= 1, let rank, (1...largest).contains(rank) else {
      throw invalid("rank", "1 to \(largest)", rank.map { "\($0)" } ?? "none")
    }
    return rank
  }

  /// The width of what is read.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` where nothing is.
  public func requiredSourceWidth() throws -> Int {
    guard let sourceWidth else { throw invalid("reading", "a component", "none") }
    return sourceWidth
  }
}
