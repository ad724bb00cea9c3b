import InterchangeTensors

/// An intervention without trained parameters.
public protocol FixedIntervention: Intervention {}

extension FixedIntervention {
  /// None.
  public var parameters: [Parameter] { [] }
}
