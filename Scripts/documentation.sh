#!/usr/bin/env bash
# The library's documentation as a web site in .build/docs/site, from the modules that `swift build -c release`
# left and from the notebooks. A warning is an error, and so is an example that doesn't compile.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/check-examples.sh

modules=(Interchange{Basics,Hub,Tensors,Checkpoints,Tokenizers,Models,Interventions,Documents,Datasets,CausalModels,Alignment,Circuits,FineTuning,Exchange,Figures,Reports,Studies} Interchange)
work=.build/docs
catalog=$work/Interchange.docc
rm -rf "$work"
mkdir -p "$work/symbols"

mapfile -t flags < <(Scripts/module-flags.sh)
triple=$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p')
for module in "${modules[@]}"; do
  swift symbolgraph-extract -module-name "$module" -target "$triple" "${flags[@]}" \
    -minimum-access-level public -skip-synthesized-members -output-dir "$work/symbols"
done

# Notebooks are articles; their figures are the catalog's resources, and links between them its own.
cp -r Documentation/Interchange.docc "$catalog"
cp notebooks-md/figures/*.png "$catalog"
{
  echo "### Notebooks"
  echo
  for notebook in notebooks-md/*.md; do
    name=$(basename "$notebook" .md)
    sed -E -e 's#^```swift .*#```swift#' -e 's#\(figures/#(#' -e 's#\[([^]]*)\]\(([a-z-]+)\.md\)#<doc:\2>#g' "$notebook" > "$catalog/$name.md"
    echo "- <doc:$name>"
  done
} >> "$catalog/Interchange.md"

docc convert "$catalog" --additional-symbol-graph-dir "$work/symbols" --warnings-as-errors \
  --disable-parameters-and-returns-validation --transform-for-static-hosting \
  --fallback-display-name Interchange --fallback-bundle-identifier Interchange --output-path "$work/site"
echo "$work/site"
