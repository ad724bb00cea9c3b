import ArgumentParser
import Interchange

extension WeightForm: ExpressibleByArgument {}
extension ActivationStore.Precision: ExpressibleByArgument {}

/// The form in which a model's weights are held.
struct WeightOptions: ParsableArguments {
  @Option(help: "stored: as in the file, memory-mapped; float32: widened when the model is read.")
  var weights = WeightForm.stored
}

/// The memory and the precision of kept base runs.
struct StoreOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Memory for kept activations, such as 256M or 2G; by default a quarter of the machine's.",
      valueName: "size"), transform: Self.bytes)
  var activationMemory: Int?

  @Option(help: "Precision of kept activations: float32 or bfloat16.")
  var activationStorage = ActivationStore.Precision.float32

  /// A store for a command's experiments at some sites.
  func store(for sites: [Site] = []) -> ActivationStore {
    ActivationStore(for: sites, budget: activationMemory, precision: activationStorage)
  }

  /// A number of bytes with an optional K, M or G (powers of 1024).
  private static func bytes(_ text: String) throws -> Int {
    let units: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30]
    let unit = text.last.flatMap { units[Character($0.uppercased())] }
    guard let number = Double(unit == nil ? text[...] : text.dropLast()), number > 0,
      number * (unit ?? 1) < 1e18
    else {
      throw ValidationError("expected a size such as 256M or 2G, got \(text)")
    }
    return Int(number * (unit ?? 1))
  }
}
