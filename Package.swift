// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Interchange",
  products: [],
  targets: [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .target(name: "CKernels"),
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS", "CLAPACKE"]),
    .target(name: "Models", dependencies: ["Tensors"]),
    .target(name: "Interventions", dependencies: ["Tensors"]),
  ],
  swiftLanguageModes: [.v6]
)
