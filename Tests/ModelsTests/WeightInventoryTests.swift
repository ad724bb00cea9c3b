import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import Testing

/// Lists of weights, and what follows from them.
@Suite struct WeightInventoryTests {
  private func inventory(_ name: String) throws -> any WeightInventory {
    try #require(try TinyModel(name).model.architecture as? any WeightInventory)
  }

  /// Every tensor of a file is in the list by its name, but for prefixes.
}
