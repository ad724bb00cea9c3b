@_exported import Alignment
@_exported import CausalModels
@_exported import Checkpoints
@_exported import Figures
@_exported import FineTuning
@_exported import Interventions
@_exported import Models
@_exported import Tensors
@_exported import Tokenizers

/// The version of the library and of the command line.
public let interchangeVersion = "0.1.0"
