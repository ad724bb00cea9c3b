// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Interchange",
  products: [
    .library(name: "Interchange", targets: ["Interchange"]),
    .executable(name: "interchange", targets: ["InterchangeCLI"]),
    .executable(name: "interchange-notebook", targets: ["NotebookCLI"]),
    // What the programs of notebooks are linked with.
    .library(name: "NotebookSupport", type: .static, targets: ["NotebookSupport"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CPangoCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
    .target(name: "CKernels"),
    // libpng reports errors by longjmp, which must not cross Swift frames.
    .target(name: "CPNGWriter", dependencies: ["CPNG"]),

    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS", "CLAPACKE"]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "CKernels"]),
    .target(
      name: "Tokenizers",
      dependencies: [.product(name: "HeapModule", package: "swift-collections")]),
    .target(
      name: "Models",
      dependencies: [
        "Tensors", "Checkpoints", "Tokenizers", "CKernels",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ]),
    .target(name: "Interventions", dependencies: ["Tensors", "Checkpoints"]),
    .target(
      name: "CausalModels",
      dependencies: [.product(name: "OrderedCollections", package: "swift-collections")]),
    .target(
      name: "Alignment", dependencies: ["Tensors", "Models", "Interventions", "CausalModels"]),
    .target(
      name: "FineTuning",
      dependencies: ["Tensors", "Checkpoints", "Tokenizers", "Models", "Interventions"]),
    .target(name: "Figures", dependencies: ["CPNGWriter", "CPangoCairo"]),
    .target(
      name: "Interchange",
      dependencies: [
        "Tensors", "Checkpoints", "Tokenizers", "Models", "Interventions", "CausalModels",
        "Alignment", "FineTuning", "Figures",
      ]),
    .executableTarget(
      name: "InterchangeCLI",
      dependencies: [
        "Interchange", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // What the cells of notebooks call.
    .target(name: "NotebookSupport", dependencies: ["Interchange"]),
    .target(name: "Notebooks", dependencies: ["NotebookSupport", "Figures"]),
    .executableTarget(
      name: "NotebookCLI",
      dependencies: [
        "Notebooks", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "example-swap", dependencies: ["Interchange"], path: "Examples/Swap"),
    .executableTarget(
      name: "example-find-subspace", dependencies: ["Interchange"], path: "Examples/FindSubspace"),
    .executableTarget(
      name: "example-tune-in-subspace", dependencies: ["Interchange"],
      path: "Examples/TuneInSubspace"),
    .executableTarget(
      name: "example-emoji", dependencies: ["Interchange"], path: "Examples/Emoji"),

    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "CKernels"]),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers"]),
    .testTarget(name: "CausalModelsTests", dependencies: ["CausalModels"]),
    .testTarget(
      name: "ModelsTests",
      dependencies: ["Models", "Tensors", "Checkpoints", "Tokenizers", "Interventions"]),
    .testTarget(
      name: "InterchangeCLITests",
      dependencies: [
        "Interchange", "InterchangeCLI", "example-swap", "example-find-subspace",
        "example-tune-in-subspace", "example-emoji",
      ]),
    .testTarget(
      name: "InterventionsTests", dependencies: ["Interventions", "Tensors", "Checkpoints"]),
    .testTarget(
      name: "AlignmentTests",
      dependencies: ["Alignment", "CausalModels", "Models", "Interventions", "Tensors"]),
    .testTarget(
      name: "FineTuningTests",
      dependencies: [
        "FineTuning", "Checkpoints", "Tokenizers", "Models", "Interventions", "Tensors",
      ]),
    .testTarget(name: "InterchangeTests", dependencies: ["Interchange"]),
    .testTarget(name: "NotebooksTests", dependencies: ["Notebooks"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures", "CPNG", "CPNGWriter"]),
  ],
  swiftLanguageModes: [.v6]
)
