#!/usr/bin/env bash
# The compiler flags with which a program outside the package sees the modules that `swift build -c release` made, one a
# line; with --link also those that link it.
set -euo pipefail
cd "$(dirname "$0")/.."
built=.build/release
packages=(openblas lapacke libpng pangocairo)
flags=(-I "$built/Modules")
for map in Sources/{COpenBLAS,CLAPACKE,CPNG,CPangoCairo}/module.modulemap \
  $built/{CInterchangeKernels,CInterchangePNGWriter}.build/module.modulemap \
  .build/checkouts/Yams/Sources/CYaml/include/module.modulemap; do
  flags+=(-Xcc "-fmodule-map-file=$map")
done
for flag in $(pkg-config --cflags-only-I "${packages[@]}"); do flags+=(-Xcc "$flag"); done
if [ "${1:-}" = --link ]; then
  flags+=(-L "$built")
  for flag in $(pkg-config --libs "${packages[@]}"); do flags+=("$flag"); done
fi
printf '%s\n' "${flags[@]}"
