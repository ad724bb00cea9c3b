import InterchangeBasics
import InterchangeTensors

/// Low-rank representation fine-tuning (arXiv 2404.03592): h + Pᵀ(f(W h + b) − P h) and its family.
///
/// P [k, d] is an orthonormal frame R or a free matrix, W is [k, d] or absent, b is [k], f is a
/// non-linearity or the identity. Each form starts where it changes as little as it can: the forms
/// with −P h at W = P (nothing changes), the others at W = 0 and b = 0.
public final class ReFT: AdditiveIntervention {
  /// The members of the family, by their names in pyreft.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// h + Rᵀ(f(W h + b) − R h)
    case loreft
    /// h + Pᵀ(f(W h + b) − P h), P free
    case noreft
    /// h + Rᵀ(b − R h)
    case consreft
    /// h + Rᵀ b
    case lobireft
    /// h + Rᵀ f(W h + b)
    case direft
    /// h + Pᵀ f(W h + b), P free
    case nodireft

    /// True when P is an orthonormal frame.
    public var isOrthonormal: Bool { self != .noreft && self != .nodireft }
    /// True when the source depends on h.
    public var hasWeight: Bool { self != .consreft && self != .lobireft }
    /// True when the subspace's own content is taken away.
    public var replaces: Bool { self == .loreft || self == .noreft || self == .consreft }
  }

  /// P, along whose rows the edit is written.
  public enum Projection {
    /// An orthonormal frame R [k, d].
    case rotation(Rotation)
    /// Any matrix [k, d].
    case free(Parameter)

    /// [k, d] as an operand.
    public var tensor: Tensor {
      switch self {
      case .rotation(let rotation): rotation.tensor
      case .free(let parameter): parameter.tensor
      }
    }
  }

  /// The member of the family.
  public let form: Form
  /// P, along whose rows the edit is written.
  public let projection: Projection
  /// W: [k, d], in the forms that have one.
  public let weight: Parameter?
  /// b: [k]
  public let bias: Parameter
  /// f; nil is the identity.
  public let activation: Activation?

  /// A form over a rotation, at its start.
  ///
  /// - Parameter form: one whose projection is orthonormal
  public convenience init(
    _ form: Form = .loreft, rotation: Rotation, activation: Activation? = nil
  ) {
    self.init(
      form, .rotation(rotation), weight: Self.startingWeight(form, rotation.frame),
      bias: .zeros([rotation.rank]), activation: activation)
  }

  /// A form over a free matrix [k, d], at its start.
  ///
  /// - Parameter form: one whose projection is free
  public convenience init(_ form: Form, projection: Tensor, activation: Activation? = nil) {
    self.init(
      form, .free(Parameter("projection", projection)),
      weight: Self.startingWeight(form, projection), bias: .zeros([projection.rows]),
      activation: activation)
  }

  /// - Parameters:
  ///   - weight: [k, d] in the forms that have one
  ///   - bias: [k]
  public init(
    _ form: Form, _ projection: Projection, weight: Tensor?, bias: Tensor,
    activation: Activation? = nil
  ) {
    let shape = projection.tensor.shape
    var isFrame = false
    if case .rotation = projection { isFrame = true }
    require(
      isFrame == form.isOrthonormal && (weight != nil) == form.hasWeight
        && (weight?.shape ?? shape) == shape && bias.count == shape[0],
      "\(form.rawValue): P \(shape), frame: \(isFrame), W \(weight?.shape ?? []), b \(bias.shape)")
    require(
      activation == nil || form.hasWeight, "\(form.rawValue): f is for the forms that have W")
    (self.form, self.projection, self.activation) = (form, projection, activation)
    self.weight = weight.map { Parameter("weight", $0) }
    self.bias = Parameter("bias", bias)
  }

  private static func startingWeight(_ form: Form, _ projection: Tensor) -> Tensor? {
    guard form.hasWeight else { return nil }
    return form.replaces ? projection.detached : .zeros(projection.shape)
  }

  public var name: String { form.rawValue }
  /// The number of rows of P.
  public var rank: Int { bias.value.count }
  /// The width d of h.
  public var width: Int { projection.tensor.width }
  /// The frame, in the forms that have one.
  public var rotation: Rotation? {
    if case .rotation(let rotation) = projection { return rotation }
    return nil
  }

  public var parameters: [Parameter] {
    let written: [Parameter] =
      switch projection {
      case .rotation(let rotation): rotation.trainedParameters
      case .free(let parameter): [parameter]
      }
    return written + (weight.map { [$0] } ?? []) + [bias]
  }
  public var orthonormalParameters: [Parameter] { rotation?.trainedParameters ?? [] }

  /// Pᵀ times the source, minus the subspace's own content where the form replaces it.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    let projection = projection.tensor
    return source(base, projection).matrixProduct(projection)
  }

  /// The source that is written along the rows of P: [rows, k].
  private func source(_ base: Tensor, _ projection: Tensor) -> Tensor {
    guard let weight else {
      let constant = Tensor.zeros([base.rows, rank]).addingToRows(bias.tensor)
      return form.replaces ? constant - base.linear(projection) : constant
    }
    guard let activation else {
      // One product: W h − P h is (W − P) h, which is exactly 0 where W = P.
      let difference = form.replaces ? weight.tensor - projection : weight.tensor
      return base.linear(difference, bias: bias.tensor)
    }
    let source = base.linear(weight.tensor, bias: bias.tensor).activated(activation)
    return form.replaces ? source - base.linear(projection) : source
  }
}
