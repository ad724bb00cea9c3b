import InterchangeTensors

extension Intervention where Self == ReFT {
  /// h + Rᵀ(f(W h + b) − R h), at its start: LoReFT inside a subspace (arXiv 2404.03592).
  ///
  /// - Parameters:
  ///   - rotation: R [k, d]; a ``Rotation/frozen`` one leaves only the source W h + b to be trained
  ///   - activation: f; the identity when nil
  public static func loreft(in rotation: Rotation, activation: Activation? = nil) -> ReFT {
    ReFT(.loreft, rotation: rotation, activation: activation)
  }

  /// h + Rᵀ f(W h + b), at its start: DiReFT inside a subspace.
  ///
  /// - Parameters:
  ///   - rotation: R [k, d]
  ///   - activation: f; the identity when nil
  public static func direft(in rotation: Rotation, activation: Activation? = nil) -> ReFT {
    ReFT(.direft, rotation: rotation, activation: activation)
  }
}
