// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "extending",
  dependencies: [.package(name: "interchange", path: "../..")],
  targets: [
    .executableTarget(
      name: "Extending", dependencies: [.product(name: "Interchange", package: "interchange")])
  ],
  swiftLanguageModes: [.v6]
)
