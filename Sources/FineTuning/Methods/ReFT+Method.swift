import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension ReFT: StorableIntervention {
  public static var methods: [String] { Form.allCases.map(\.rawValue) }

  /// The numbers of rows, the non-linearity, and how the rotation is trained.
  public struct Traits: Codable, Sendable {
    let rank: Int?
    let activation: Activation?
    /// True where training changes the rotation.
    let isTrained: Bool?
    /// The rank of the subspace that the rotation is trained within.
    let container: Int?
  }

  public var traits: Traits {
    Traits(
      rank: rank, activation: activation, isTrained: rotation?.isTrained,
      container: rotation?.container?.rows)
  }

  public var storedTensors: [(name: String, tensor: Tensor)] {
    var tensors: [(name: String, tensor: Tensor)] = []
    switch projection {
    case .rotation(let rotation):
      tensors.append(("rotation", rotation.parameter.value))
      if let container = rotation.container { tensors.append(("container", container)) }
    case .free(let parameter): tensors.append(("projection", parameter.value))
    }
    if let weight { tensors.append(("weight", weight.value)) }
    return tensors + [("bias", bias.value)]
  }

  public convenience init(from stored: StoredIntervention) throws {
    guard let form = Form(rawValue: stored.method) else {
      throw stored.invalid("method", Self.methods.joined(separator: ", "), stored.method)
    }
    let width = stored.width
    let traits = try stored.traits(as: Traits.self)
    let rank = try stored.rank(traits.rank, upTo: width)
    guard traits.activation == nil || form.hasWeight else {
      throw stored.invalid("activation", "none for \(stored.method)", "one")
    }
    func frame(_ name: String, _ shape: [Int]) throws -> Tensor {
      let frame = try stored.tensor(name, shape)
      let error = Rotation.orthonormalityError(frame)
      guard error < 1e-3 else {
        throw stored.invalid(
          name, "a frame with orthonormal rows", "‖RRᵀ − I‖∞ = \(error)")
      }
      return frame
    }
    var projection: Projection
    if form.isOrthonormal {
      let container = try traits.container.map { rows in
        guard (rank...width).contains(rows) else {
          throw stored.invalid("container", "\(rank) to \(width) rows", "\(rows)")
        }
        return try frame("container", [rows, width])
      }
      projection = .rotation(
        Rotation(
          restoring: try frame("rotation", [rank, container?.rows ?? width]),
          container: container, isTrained: traits.isTrained ?? true))
    } else {
      projection = .free(Parameter("projection", try stored.tensor("projection", [rank, width])))
    }
    self.init(
      form, projection, weight: form.hasWeight ? try stored.tensor("weight", [rank, width]) : nil,
      bias: try stored.tensor("bias", [rank]), activation: traits.activation)
  }
}

/// The six forms of low-rank representation fine-tuning (arXiv 2404.03592).
enum ReFTMethod: AdapterMethod {
  static let names = ReFT.Form.allCases.map(\.rawValue)
  static let summary = "Low-rank representation fine-tuning (arXiv 2404.03592)."
  static let choices: [AdapterChoice] = [
    .layers, .component.defaulting(to: Component.blockOutput),
    .positions.defaulting(to: Positions.firstAndLast(7, 7)), .isTied, .rank.defaulting(to: 4),
    .activation, .dropout,
  ]
  static let inputs: Set<AdapterInputs.Kind> = [.subspace]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    [
      .rank, MethodSpace.Axis(.positions, ["f1+l1", "f3+l3", "f5+l5", "f7+l7"]),
      MethodSpace.Axis(.isTied, ["false", "true"]), .dropout, .rate,
    ]
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    guard let form = ReFT.Form(rawValue: configuration.method) else {
      programmerError("ReFTMethod: \(configuration.method)")
    }
    guard configuration.activation == nil || form.hasWeight else {
      throw FineTuningError.invalidSetting(
        name: "activation", expected: "nothing, as \(form.rawValue)'s source has no W h",
        found: "a choice")
    }
    return try placedInterventions(configuration, base) { site, index in
      let width = try base.width(of: site)
      let rank: Int = try configuration.value(.rank)
      guard (1...width).contains(rank) else {
        throw InterventionError.rankOutOfRange(rank: rank, width: width)
      }
      let seed = seed &+ UInt64(index) &* 0x9E37_79B9
      guard form.isOrthonormal else {
        guard inputs.subspace == nil else {
          throw FineTuningError.invalidSetting(
            name: "subspace", expected: "a method with a rotation", found: form.rawValue)
        }
        var generator = RandomGenerator(seed: seed)
        let projection = Tensor.normal(
          [rank, width], deviation: 1 / Double(width).squareRoot(), using: &generator)
        return ReFT(form, projection: projection, activation: configuration.activation)
      }
      try inputs.requireSubspace(at: site)
      return ReFT(
        form, rotation: try inputs.rotation(rank: rank, width: width, seed: seed),
        activation: configuration.activation)
    }
  }
}
