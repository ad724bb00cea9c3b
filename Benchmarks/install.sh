#!/bin/bash
# Makes the virtual environment with the tools that are compared with: install.sh FOLDER
# With uv if it is there, which is much faster, else with venv and pip. Packages lying in a folder
# that pip is configured to look in (a CPU build of torch) are found by both.
set -eu -o pipefail

here=$(dirname "$0")
venv=$1
done=$venv/installed
pins=$(cat "$here"/requirements*.txt)
if [ -f "$done" ] && [ "$(cat "$done")" = "$pins" ]; then
  exit
fi

rm -rf "$venv"
if command -v uv > /dev/null; then
  links=$(python3 -m pip config get global.find-links 2> /dev/null || true)
  if [ -n "$links" ]; then
    export UV_FIND_LINKS="${UV_FIND_LINKS:-$links}"
  fi
  uv venv -q "$venv"
  install=(uv pip install -q -p "$venv/bin/python")
else
  python3 -m venv "$venv"
  install=("$venv/bin/python" -m pip install -q --disable-pip-version-check)
fi
echo "Installing torch, transformers, pyvene, pyreft into $venv"
"${install[@]}" -r "$here/requirements.txt"
"${install[@]}" --no-deps -r "$here/requirements-no-deps.txt"
"$venv/bin/python" -c 'import peft, pyreft, pyvene' > /dev/null
echo "$pins" > "$done"
