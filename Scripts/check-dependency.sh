#!/usr/bin/env bash
# Builds an empty package that depends on a clone of this one by URL and tag, beside a package that has targets
# named Models and Tokenizers, as other machine-learning packages do. A warning about this package is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git clone -q --depth 1 "file://$root" "$work/interchange"
git -C "$work/interchange" -c user.name=test -c user.email=test@localhost tag -f 0.1.0 > /dev/null

mkdir -p "$work"/stub/Sources/{Models,Tokenizers} "$work"/client/Sources/client
cat > "$work/stub/Package.swift" <<'SWIFT'
// swift-tools-version: 6.0
import PackageDescription
let package = Package(
  name: "stub",
  products: [.library(name: "Stub", targets: ["Models", "Tokenizers"])],
  targets: [.target(name: "Models"), .target(name: "Tokenizers")])
SWIFT
echo 'public let models = 1' > "$work/stub/Sources/Models/Models.swift"
echo 'public let tokenizers = 1' > "$work/stub/Sources/Tokenizers/Tokenizers.swift"
git -C "$work/stub" init -q
git -C "$work/stub" add .
git -C "$work/stub" -c user.name=test -c user.email=test@localhost commit -qm stub
git -C "$work/stub" tag 1.0.0

cat > "$work/client/Package.swift" <<SWIFT
// swift-tools-version: 6.1
import PackageDescription
let package = Package(
  name: "client",
  dependencies: [
    .package(url: "file://$work/interchange", exact: "0.1.0"),
    .package(url: "file://$work/stub", exact: "1.0.0"),
  ],
  targets: [
    .executableTarget(
      name: "client",
      dependencies: [
        .product(name: "Interchange", package: "interchange"),
        .product(name: "Stub", package: "stub"),
      ])
  ])
SWIFT
cat > "$work/client/Sources/client/main.swift" <<'SWIFT'
import Interchange
import Models
import Tokenizers

// Every name can be written with its module.
let rotation = try Interchange.Rotation.random(rank: 1, width: 4, seed: 0)
print(rotation.rank + models + tokenizers, FullInterchange().name)
SWIFT

log=$work/log
(cd "$work/client" && swift build 2>&1 | tee "$log" | tail -n 1)
if grep -E "^warning|'interchange'.*warning|warning: .*(interchange|prohibited)" "$log"; then
  echo "The package warns those who depend on it."
  exit 1
fi
output=$("$work/client/.build/debug/client")
[ "$output" = "3 interchange" ] || { echo "client printed: $output"; exit 1; }
echo "An empty package builds with this one as its dependency."
