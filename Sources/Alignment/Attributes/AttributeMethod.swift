import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A way to find, for each of several attributes, an intervention at a site that causes it and
/// leaves the others: one file, and one line in ``AttributeMethods``.
///
/// ```swift
/// struct FirstHalf: AttributeMethod {
///   static let name = "half"
///   static let title = "first half"
///   static let summary = "the first half of the vector's coordinates"
///   init(_ settings: AttributeMethodSettings) {}
///
///   func fit(
///     _ training: AttributeTraining, progress: (FitProgress) -> Void
///   ) throws -> AttributeFit {
///     let coordinates = CoordinateFeaturizer(width: training.rows.width)
///     let half = Array(0..<training.rows.width / 2)
///     return AttributeFit(
///       training.attributes.map { name in
///         .init(name, FeaturizedInterchange(coordinates, features: half), size: half.count)
///       })
///   }
/// }
/// AttributeMethods.register(FirstHalf.self)
/// ```
public protocol AttributeMethod: SendableMetatype {
  /// The name on the command line.
  static var name: String { get }
  /// The name in tables.
  static var title: String { get }
  /// The method in a few words.
  static var summary: String { get }
  /// Tells whether another seed gives other interventions.
  static var isSeeded: Bool { get }
  /// Tells whether it needs more than pairs that cause one attribute: pairs that leave others, or
  /// the values of texts' attributes.
  static var needsAttributes: Bool { get }
  /// Disentangle on unseen entities as RAVEL's paper has it for Llama-2-7B; nil for a method that
  /// isn't there.
  static var published: Double? { get }

  /// The method with what was chosen.
  init(_ settings: AttributeMethodSettings) throws

  /// Checks what was chosen before any work, for vectors of a width and some attributes.
  func validate(width: Int, attributes: Int) throws

  /// The interventions of all attributes, found on training pairs.
  ///
  /// - Parameter progress: called after every step of a training
  func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit
}

extension AttributeMethod {
  /// The same interventions for every seed.
  public static var isSeeded: Bool { false }
  /// Pairs that cause are enough.
  public static var needsAttributes: Bool { false }
  /// None.
  public static var published: Double? { nil }

  /// Everything fits.
  public func validate(width: Int, attributes: Int) throws {}
}

/// The choices of methods.
public struct AttributeMethodSettings {
  /// Dimensions of each attribute's subspace, for trained rotations.
  public var rank = 16
  /// The training of masks.
  public var gates = GateTraining()
  /// The autoencoder whose features are swapped.
  public var autoencoder = AutoencoderChoice()

  /// The usual choices.
  public init() {}
}

/// The interventions that a method found.
public struct AttributeFit {
  /// The intervention of one attribute.
  public struct Swap {
    public let attribute: String
    public let intervention: any Intervention
    /// The directions, or features, that are swapped.
    public let size: Int
    /// A remark on what was found; nil for none.
    public let note: String?

    public init(
      _ attribute: String, _ intervention: any Intervention, size: Int, note: String? = nil
    ) {
      (self.attribute, self.intervention) = (attribute, intervention)
      (self.size, self.note) = (size, note)
    }
  }

  /// One for each attribute.
  public let swaps: [Swap]

  public init(_ swaps: [Swap]) { self.swaps = swaps }

  /// An attribute's swap; nil for one that the method left out.
  public subscript(attribute: String) -> Swap? { swaps.first { $0.attribute == attribute } }
}

/// All methods that have a name.
public enum AttributeMethods {
  private static let registry = Registry<any AttributeMethod.Type>([
    FullVectorMethod.self,
    PrincipalComponentMethod.self,
    AutoencoderMethod.self,
    MaskMethod.self,
    MaskedComponentMethod.self,
    MaskedAutoencoderMethod.self,
    RotationMethod.self,
    MultiAttributeMethod.self,
  ])

  /// The methods, the house's own first.
  public static var all: [any AttributeMethod.Type] { registry.all }

  /// The methods of RAVEL's paper.
  public static var published: [any AttributeMethod.Type] { all.filter { $0.published != nil } }

  /// The methods that pairs of one variable are enough for.
  public static var ofOneVariable: [any AttributeMethod.Type] {
    all.filter { !$0.needsAttributes }
  }

  /// Makes a method known by its name. May be called from any thread; a name that is taken stays.
  public static func register(_ method: any AttributeMethod.Type) {
    registry.register(method) { known in !known.contains { $0.name == method.name } }
  }

  /// The method of a name.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` for another name.
  public static func named(_ name: String) throws -> any AttributeMethod.Type {
    guard let method = all.first(where: { $0.name == name }) else {
      throw AlignmentError.invalidSetting(
        name: "method", expected: all.map { $0.name }.joined(separator: ", "), found: name)
    }
    return method
  }
}
