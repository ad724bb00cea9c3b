#!/usr/bin/env bash
# Builds and runs Examples/Extending, a package of its own that adds an architecture, an intervention, a method, a
# task and a study from outside.
set -euo pipefail
cd "$(dirname "$0")/../Examples/Extending"
swift run --quiet Extending
