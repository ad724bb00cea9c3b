#!/usr/bin/env bash
# Compiles the Swift examples in documentation comments, in the README and in the documentation's pages against the
# modules that `swift build -c release` left. Messages name the file and the line of the example.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mapfile -t files < <(grep -rlE '^ *(/// *)?```swift *$' Sources README.md Documentation --include='*.swift' --include='*.md')
{
  echo 'import Foundation'
  echo 'import Interchange'
  # Each example is the body of a function of its own.
  awk '
    !inside && /^ *(\/\/\/ *)?```swift *$/ {
      inside = 1
      printf "func example%d() throws {\n#sourceLocation(file: \"%s\", line: %d)\n", ++count, FILENAME, FNR + 1
      next
    }
    inside && /^ *(\/\/\/ *)?```/ { inside = 0; print "#sourceLocation()\n}"; next }
    inside { sub(/^ *\/\/\/ ?/, ""); if ($0 ~ /^import /) $0 = ""; print }
  ' "${files[@]}"
} > "$work/examples.swift"
mapfile -t flags < <(Scripts/module-flags.sh)
swiftc -typecheck -suppress-warnings -swift-version 6 "${flags[@]}" "$work/examples.swift"
echo "$(grep -c '^func example' "$work/examples.swift") examples compile"
