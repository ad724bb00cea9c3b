#!/usr/bin/env python3
"""Runs the commands of a page's ```console blocks and puts what they print below them.

    console_blocks.py [--program PROGRAM] [--check TOLERANCE] PAGE

A command begins with `$ ` and may go on after a backslash. The blocks of a page run in their order in
one folder, which is removed at the end; it sees the repository's `.models` and `Examples`. Only
standard output is kept: progress goes to standard error. The page stays as it is when a command fails.
With --check the page is only compared: words must be equal, numbers within TOLERANCE of each other,
relative to the larger one above 1; times and memory may be any.
"""

import argparse
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Printed between commands, to tell their outputs apart.
MARK = "\x1e"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*\n)", re.M)


def run(commands, folder, program):
    """The outputs of commands in one shell, which stops at the first that fails."""
    (folder / "bin").mkdir()
    (folder / "bin/interchange").symlink_to(program)
    for name in (".models", "Examples"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    script = "set -eo pipefail\n" + "".join(f"{c}printf '{MARK}'\n" for c in commands)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE, text=True
    )
    outputs = shell.stdout.split(MARK)[:-1]
    if shell.returncode or len(outputs) != len(commands):
        failed = commands[min(len(outputs), len(commands) - 1)].strip()
        sys.exit(f"console_blocks: exit code {shell.returncode} of: {failed}")
    return outputs


# Times and sizes of memory, which differ from run to run.
MEASURED = re.compile(r"\b[\d.]+ (s|ms|MiB|GiB)\b")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def differences(page, now, tolerance):
    """The lines of a block that aren't what they were, as text."""
    for old, new in itertools.zip_longest(page.splitlines(), now.splitlines(), fillvalue=""):
        # A run of blanks is one: a column's width follows from its numbers.
        a, b = (re.sub(r"\s+", " ", MEASURED.sub(r"… \1", line)).strip() for line in (old, new))
        words = NUMBER.sub("0", a) == NUMBER.sub("0", b)
        numbers = zip(map(float, NUMBER.findall(a)), map(float, NUMBER.findall(b)))
        if not words or any(abs(x - y) > tolerance * max(1, abs(x), abs(y)) for x, y in numbers):
            yield f"- {old}\n+ {new}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/interchange")
    parser.add_argument("--check", type=float, metavar="TOLERANCE")
    parser.add_argument("page", type=pathlib.Path)
    arguments = parser.parse_args()
    if not arguments.program.exists():
        parser.error(f"--program: no such file: {arguments.program}")
    text = arguments.page.read_text()
    commands = [c for block in BLOCK.findall(text) for c in COMMAND.findall(block)]
    if not commands:
        parser.error(f"{arguments.page}: no ```console block with a line that begins with '$ '")
    with tempfile.TemporaryDirectory() as folder:
        outputs = iter(run(commands, pathlib.Path(folder), arguments.program.resolve()))

    def filled(block):
        return "```console\n" + "".join(
            f"$ {c}" + "".join(line.rstrip() + "\n" for line in next(outputs).splitlines())
            for c in COMMAND.findall(block[1])
        ) + "```"

    filled_text = BLOCK.sub(filled, text)
    if arguments.check is not None:
        if found := list(differences(text, filled_text, arguments.check)):
            sys.exit(f"{arguments.page} prints something else:\n" + "\n".join(found))
        print(f"{arguments.page}: {len(commands)} commands print what the page says")
        return
    part = arguments.page.with_name(arguments.page.name + ".part")
    part.write_text(filled_text)
    part.replace(arguments.page)


if __name__ == "__main__":
    main()
