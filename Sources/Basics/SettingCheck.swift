/// Checks the numbers of some settings one after another.
///
/// ```
/// let check = SettingCheck { MyError.invalid(name: $0, expected: $1, found: $2) }
/// try check(batchSize >= 1, "batch size", "at least 1", batchSize)
/// ```
package struct SettingCheck {
  private let error: (_ name: String, _ expected: String, _ found: String) -> any Error

  /// - Parameter error: the error of a setting that doesn't fit
  package init(error: @escaping (_ name: String, _ expected: String, _ found: String) -> any Error)
  {
    self.error = error
  }

  /// Throws unless a condition holds.
  package func callAsFunction(
    _ holds: Bool, _ name: String, _ expected: String, _ found: some Any
  ) throws {
    if !holds { throw error(name, expected, "\(found)") }
  }
}
