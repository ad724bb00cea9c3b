// swift-tools-version: 6.1
import PackageDescription

// A file sees only what the modules that it imports itself declare.
let settings: [SwiftSetting] = [.enableUpcomingFeature("MemberImportVisibility")]

/// A library's target; targets have the package's name before them, so that no other package has
/// the same.
func library(
  _ folder: String, _ floors: [String], c: [String] = [], _ packages: [Target.Dependency] = []
) -> Target {
  .target(
    name: "Interchange" + folder,
    dependencies: (floors.map { "Interchange" + $0 } + c).map { .byName(name: $0) } + packages,
    path: "Sources/" + folder, swiftSettings: settings)
}

func tests(_ folder: String, _ dependencies: [String]) -> Target {
  .testTarget(
    name: folder,
    dependencies: (dependencies + ["InterchangeTestSupport"]).map { .byName(name: $0) },
    swiftSettings: settings)
}

func example(_ name: String, _ folder: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["Interchange"], path: "Examples/" + folder, swiftSettings: settings)
}

func system(_ folder: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: "CInterchange" + folder.dropFirst(), path: "Sources/" + folder, pkgConfig: pkgConfig,
    providers: [.apt([apt])])
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let orderedCollections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

let package = Package(
  name: "interchange",
  products: [
    .library(name: "Interchange", targets: ["Interchange"]),
    // What is of use without models.
    .library(name: "InterchangeCheckpoints", targets: ["InterchangeCheckpoints"]),
    .library(name: "InterchangeTokenizers", targets: ["InterchangeTokenizers"]),
    .library(name: "InterchangeFigures", targets: ["InterchangeFigures"]),
    .executable(name: "interchange", targets: ["InterchangeCLI"]),
    .executable(name: "interchange-notebook", targets: ["InterchangeNotebookCLI"]),
    // What the programs of notebooks are linked with.
    .library(
      name: "InterchangeNotebookSupport", type: .static, targets: ["InterchangeNotebookSupport"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Floor 0: C.
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    system("CLAPACKE", pkgConfig: "lapacke", apt: "liblapacke-dev"),
    system("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
    system("CPangoCairo", pkgConfig: "cairo", apt: "libpango1.0-dev"),
    .target(name: "CInterchangeKernels", path: "Sources/CKernels"),
    // libpng reports errors by longjmp, which must not cross Swift frames.
    .target(
      name: "CInterchangePNGWriter", dependencies: ["CInterchangePNG"], path: "Sources/CPNGWriter"),

    // Floors 1 to 8; each imports only those below it.
    library("Basics", []),
    library(
      "Tensors", ["Basics"],
      c: ["CInterchangeKernels", "CInterchangeOpenBLAS", "CInterchangeLAPACKE"]),
    library("Checkpoints", ["Basics", "Tensors"], c: ["CInterchangeKernels"]),
    library("Tokenizers", ["Basics"], [heap]),
    library("Hub", ["Basics"]),
    library(
      "Models", ["Basics", "Hub", "Tensors", "Checkpoints", "Tokenizers"],
      c: ["CInterchangeKernels"],
      [orderedCollections]),
    library("Interventions", ["Basics", "Tensors", "Checkpoints"]),
    library("Documents", ["Basics"], [.product(name: "Yams", package: "Yams")]),
    library("Datasets", ["Basics", "Tokenizers"]),
    library("CausalModels", ["Basics", "Documents", "Datasets"], [orderedCollections]),
    library(
      "Alignment",
      ["Basics", "Tensors", "Tokenizers", "Models", "Interventions", "CausalModels"]),
    library("Circuits", ["Basics", "Tensors", "Checkpoints", "Tokenizers", "Models"]),
    library(
      "FineTuning",
      ["Basics", "Tensors", "Checkpoints", "Tokenizers", "Models", "Interventions", "Datasets"]),
    library(
      "Exchange",
      ["Basics", "Tensors", "Checkpoints", "Models", "Interventions", "FineTuning"],
      [orderedCollections]),
    library("Figures", ["Basics"], c: ["CInterchangePNGWriter", "CInterchangePangoCairo"]),
    library("Reports", ["Basics", "Figures"]),
    library(
      "Studies",
      [
        "Basics", "Tensors", "Checkpoints", "Tokenizers", "Models", "Interventions",
        "CausalModels", "Datasets", "Alignment", "Circuits", "FineTuning", "Figures",
        "Reports",
      ]),

    // Floor 9: what users import.
    .target(
      name: "Interchange",
      dependencies: [
        "InterchangeBasics", "InterchangeHub", "InterchangeTensors", "InterchangeCheckpoints",
        "InterchangeTokenizers", "InterchangeModels", "InterchangeInterventions",
        "InterchangeDocuments", "InterchangeCausalModels", "InterchangeDatasets",
        "InterchangeAlignment", "InterchangeCircuits", "InterchangeFineTuning",
        "InterchangeFigures", "InterchangeStudies", "InterchangeExchange",
        "InterchangeReports",
      ], swiftSettings: settings),

    // Floor 10: programs.
    .executableTarget(
      name: "InterchangeCLI", dependencies: ["Interchange", argumentParser],
      swiftSettings: settings),
    // What the cells of notebooks call.
    .target(
      name: "InterchangeNotebookSupport", dependencies: ["Interchange"],
      path: "Sources/NotebookSupport", swiftSettings: settings),
    library("Notebooks", ["Basics", "NotebookSupport", "Figures"]),
    .executableTarget(
      name: "InterchangeNotebookCLI", dependencies: ["InterchangeNotebooks", argumentParser],
      path: "Sources/NotebookCLI", swiftSettings: settings),
    example("interchange-example-swap", "Swap"),
    example("interchange-example-find-subspace", "FindSubspace"),
    example("interchange-example-tune-in-subspace", "TuneInSubspace"),
    example("interchange-example-emoji", "Emoji"),

    // What several test targets share.
    .target(
      name: "InterchangeTestSupport",
      dependencies: [
        "InterchangeAlignment", "InterchangeBasics", "InterchangeCheckpoints",
        "InterchangeFineTuning", "InterchangeInterventions", "InterchangeModels",
        "InterchangeTensors",
      ], path: "Tests/TestSupport", swiftSettings: settings),
    // Mutated inputs over every reader: `make fuzz`.
    .executableTarget(
      name: "interchange-fuzz", dependencies: ["Interchange"], path: "Tests/Fuzz",
      swiftSettings: settings),
    tests("BasicsTests", ["InterchangeBasics"]),
    tests("TensorsTests", ["InterchangeBasics", "InterchangeTensors", "CInterchangeKernels"]),
    tests(
      "CheckpointsTests",
      ["InterchangeBasics", "InterchangeCheckpoints", "InterchangeTensors", "CInterchangeKernels"]),
    tests("TokenizersTests", ["InterchangeBasics", "InterchangeTokenizers"]),
    tests("HubTests", ["InterchangeBasics", "InterchangeHub"]),
    tests("DocumentsTests", ["InterchangeDocuments"]),
    tests(
      "CausalModelsTests",
      [
        "InterchangeBasics", "InterchangeCausalModels", "InterchangeDatasets",
        "InterchangeDocuments",
      ]
    ),
    tests("DatasetsTests", ["Interchange"]),
    tests(
      "ModelsTests",
      [
        "InterchangeBasics", "InterchangeHub", "InterchangeModels", "InterchangeTensors",
        "InterchangeCheckpoints", "InterchangeTokenizers", "InterchangeInterventions",
      ]),
    tests(
      "InterchangeCLITests",
      [
        "Interchange", "InterchangeCLI", "interchange-example-swap",
        "interchange-example-find-subspace", "interchange-example-tune-in-subspace",
        "interchange-example-emoji",
      ]),
    tests(
      "InterventionsTests",
      [
        "InterchangeBasics", "InterchangeInterventions", "InterchangeTensors",
        "InterchangeCheckpoints",
      ]),
    tests(
      "AlignmentTests",
      [
        "InterchangeBasics", "InterchangeAlignment", "InterchangeCausalModels",
        "InterchangeModels", "InterchangeInterventions", "InterchangeTensors",
      ]),
    tests(
      "CircuitsTests",
      [
        "InterchangeBasics", "InterchangeCircuits", "InterchangeModels", "InterchangeTensors",
      ]),
    tests(
      "FineTuningTests",
      [
        "InterchangeBasics", "InterchangeFineTuning", "InterchangeDatasets",
        "InterchangeCheckpoints", "InterchangeTokenizers", "InterchangeModels",
        "InterchangeInterventions", "InterchangeTensors",
      ]),
    tests(
      "ExchangeTests",
      [
        "InterchangeBasics", "InterchangeExchange", "InterchangeFineTuning", "InterchangeDatasets",
        "InterchangeCheckpoints", "InterchangeTokenizers", "InterchangeModels",
        "InterchangeInterventions", "InterchangeTensors",
      ]),
    tests("ReportsTests", ["InterchangeReports", "InterchangeBasics", "InterchangeFigures"]),
    tests("StudiesTests", ["Interchange"]),
    tests("NotebooksTests", ["InterchangeNotebooks"]),
    tests(
      "FiguresTests",
      ["InterchangeBasics", "InterchangeFigures", "CInterchangePNG", "CInterchangePNGWriter"]),
  ],
  swiftLanguageModes: [.v6]
)
