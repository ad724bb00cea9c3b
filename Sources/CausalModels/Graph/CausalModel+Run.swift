import OrderedCollections

extension CausalModel {
  /// Runs the model: the values of all variables for these inputs.
  ///
  /// A variable with an intervention has that value, whatever its parents' values; an input with an
  /// intervention need not be given.
  ///
  /// - Throws: `CausalModelError` for an input that is missing, unknown, computed by the model or
  ///   not allowed, and for an intervention on an unknown variable.
  public func run(_ inputs: Setting, interventions: Setting = [:]) throws -> Setting {
    for name in inputs.keys.sorted() {
      guard let variable = ordered[name] else { throw unknown(name) }
      guard variable.isInput else {
        throw CausalModelError.notAnInput(name, inputs: self.inputs)
      }
    }
    for name in interventions.keys.sorted() where ordered[name] == nil { throw unknown(name) }

    var setting: Setting = [:]
    for variable in ordered.values {
      let name = variable.name
      if let value = interventions[name] {
        try variable.check(value)
        setting[name] = value
        continue
      }
      switch variable.kind {
      case .input:
        guard let value = inputs[name] else { throw CausalModelError.missingInput(name) }
        try variable.check(value)
        setting[name] = value
      case .mechanism(let function):
        setting[name] = try function(variable.parents.compactMap { setting[$0] })
      }
    }
    return setting
  }

  /// Runs base with each named variable set to the value that it has on its own source.
  ///
  /// Each source is a setting of the inputs.
  ///
  /// - Returns: the values of all variables.
  /// - Throws: as `run`.
  public func interchange(base: Setting, sources: [String: Setting]) throws -> Setting {
    var interventions: Setting = [:]
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      guard ordered[name] != nil else { throw unknown(name) }
      interventions[name] = try run(source)[name]
    }
    return try run(base, interventions: interventions)
  }

  /// The output variable's value, as text, for these inputs.
  ///
  /// - Throws: as `run`.
  public func answer(_ inputs: Setting) throws -> String {
    try outputText(of: run(inputs))
  }

  func outputText(of setting: Setting) throws -> String {
    guard let value = setting[output] else { throw unknown(output) }
    return value.description
  }

  private func unknown(_ name: String) -> CausalModelError {
    .unknownVariable(name, known: variables)
  }
}
