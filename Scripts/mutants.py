#!/usr/bin/env python3
"""Small faults on purpose: which of them do the tests notice?

Tests/mutants.json lists them: a file, a place in it whose part between « and » is replaced, the new
text, a sentence, and the tests that should notice (a filter of their names). All are put into one
copy of the package, each behind a switch that an environment variable turns on, so that one build
is enough and no fault hides another. Then the tests run with each fault alone; the first failure is
the one that noticed it. A fault that the tests are not to notice has "equivalent": why it changes
nothing.

Exit code 0: the tests pass without a fault, at least 95 % are noticed, and all formulas and splits.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

root = Path(__file__).resolve().parent.parent
variable = "INTERCHANGE_MUTANT"

swift_switch = f"""
import Foundation

private let activeMutant = Int(ProcessInfo.processInfo.environment["{variable}"] ?? "") ?? -1
private func isMutant(_ number: Int) -> Bool {{ activeMutant == number }}
"""
c_switch = f"""#include <stdlib.h>
static int is_mutant(int number) {{
  static int active = -2;
  if (active == -2) {{
    const char *text = getenv("{variable}");
    active = text ? atoi(text) : -1;
  }}
  return active == number;
}}
"""


def parts(mutant):
    before, rest = mutant["place"].split("«")
    old, after = rest.split("»")
    return before, old, after


def changed(path, mutants):
    """The text of a file with all its faults behind switches."""
    text = (root / path).read_text()
    is_c = path.endswith(".c")
    edits = []
    for number, mutant in mutants:
        before, old, after = parts(mutant)
        if text.count(before + old + after) != 1:
            sys.exit(f"{path}: {text.count(before + old + after)} places like: {mutant['place']}")
        start = text.index(before + old + after) + len(before)
        name = "is_mutant" if is_c else "isMutant"
        if mutant.get("statement"):
            new = f"if {name}({number}) {{ {mutant['new']} }} else {{ {old} }}"
        else:
            new = f"({name}({number}) ? ({mutant['new']}) : ({old}))"
        edits.append((start, start + len(old), new))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return c_switch + text if is_c else text + swift_switch


def prepare(copy, mutants):
    """Copies the package; files that are the same stay as they are: builds are incremental."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
        capture_output=True, check=True, text=True).stdout.split("\0")
    by_file = {}
    for number, mutant in enumerate(mutants):
        by_file.setdefault(mutant["file"], []).append((number, mutant))
    kept = set()
    for name in filter(None, listed):
        source, target = root / name, copy / name
        if not source.is_file():
            continue
        kept.add(target)
        data = (
            changed(name, by_file[name]).encode() if name in by_file else source.read_bytes())
        if target.is_file() and target.read_bytes() == data:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        shutil.copymode(source, target)
    for folder in ["Sources", "Tests"]:
        for file in (copy / folder).rglob("*"):
            if file.is_file() and file not in kept:
                file.unlink()


def run(copy, number, tests, limit, known=()):
    """The first test that failed, but for known ones; how it ended otherwise; None where all pass.

    Without a fault all tests that fail are listed.
    """
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=no")
    environment.pop(variable, None)
    if number is not None:
        environment[variable] = str(number)
    process = subprocess.Popen(
        [str(binary(copy)), "--testing-library", "swift-testing", "--filter", tests], cwd=copy,
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True)
    end = time.time() + limit
    failed, ended, last = [], False, ""
    os.set_blocking(process.stdout.fileno(), False)
    while True:
        line = process.stdout.readline()
        if line:
            last = line.strip() or last
            found = re.search(r"Test (.+?) recorded an issue", line)
            if found and found.group(1) not in known and found.group(1) not in failed:
                failed.append(found.group(1))
                if number is not None:
                    break
            ended = ended or bool(re.search(r"Test run with [1-9]\d* tests?", line))
            continue
        if process.poll() is not None:
            break
        if time.time() > end:
            failed.append(f"more than {limit} s")
            break
        time.sleep(0.02)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if not failed and not ended:
        failed.append(f"ended with {process.returncode}: {last[:100]}")
    if number is None:
        return failed if ended else sys.exit(f"{tests} without a fault: {failed[-1]}")
    return failed[0] if failed else None


def binary(copy):
    return next((copy / ".build/debug").glob("*.xctest"))


class Kept:
    """What was found with a build, kept beside it until the next one."""

    def __init__(self, copy, name):
        self.file = copy / ".build" / name
        self.build = binary(copy).stat().st_mtime
        kept = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.found = kept["found"] if kept.get("build") == self.build else {}

    def __setitem__(self, key, value):
        self.found[key] = value
        self.file.write_text(json.dumps({"build": self.build, "found": self.found}))


class Baseline:
    """The tests of each filter that fail without a fault.

    Debug builds sum in another order: a test with a tolerance for optimized ones may fail there.
    """

    def __init__(self, copy, limit):
        self.copy, self.limit = copy, limit
        self.kept = Kept(copy, "without-faults.json")

    def __call__(self, tests):
        if tests not in self.kept.found:
            begin = time.time()
            self.kept[tests] = run(self.copy, None, tests, self.limit)
            print(
                f"{tests} without a fault: {len(self.kept.found[tests])} fail "
                f"({time.time() - begin:.0f} s)", flush=True)
        return self.kept.found[tests]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--copy", default=str(root / ".build-mutants/package"))
    parser.add_argument("--only", help="numbers, such as 3,7-9")
    parser.add_argument("--stage", choices=["prepare", "build", "run", "all"], default="all")
    parser.add_argument(
        "--resume", action="store_true", help="leave out what an earlier run found with this build")
    parser.add_argument("--limit", type=int, default=600, help="seconds for one fault's tests")
    parser.add_argument("--counts", help="a file for the row of what was found")
    options = parser.parse_args()
    mutants = json.loads((root / "Tests/mutants.json").read_text())
    copy = Path(options.copy)
    if options.stage in ("prepare", "all"):
        prepare(copy, mutants)
    if options.stage in ("build", "all"):
        subprocess.run(["swift", "build", "--build-tests", "-c", "debug"], cwd=copy, check=True)
    if options.stage not in ("run", "all"):
        return 0

    chosen = set(range(len(mutants)))
    if options.only:
        chosen = set()
        for part in options.only.split(","):
            first, _, last = part.partition("-")
            chosen |= set(range(int(first), int(last or first) + 1))
    baseline = Baseline(copy, options.limit)
    outcomes = Kept(copy, "with-faults.json")
    noticed, survivors, equivalent = 0, [], 0
    for number in sorted(chosen):
        mutant = mutants[number]
        begin = time.time()
        if options.resume and str(number) in outcomes.found:
            by = outcomes.found[str(number)]
        else:
            known = baseline(mutant["tests"])
            by = run(copy, number, mutant["tests"], options.limit, known)
            outcomes[str(number)] = by
        what = f"{number:3} {mutant['file'].removeprefix('Sources/')}: {mutant['why']}"
        if by:
            noticed += 1
            print(f"{what}\n      noticed by {by} ({time.time() - begin:.0f} s)", flush=True)
        elif "equivalent" in mutant:
            equivalent += 1
            print(f"{what}\n      changes nothing: {mutant['equivalent']}", flush=True)
        else:
            survivors.append(mutant)
            print(f"{what}\n      SURVIVED {mutant['tests']}", flush=True)
    count = len(chosen) - equivalent
    formulas = [mutant for mutant in survivors if mutant.get("formula")]
    print(f"{noticed} of {count} noticed; {len(formulas)} of the survivors are formulas or splits")
    if options.counts:
        Path(options.counts).write_text(
            f"| `make mutants` | {count} small faults put in on purpose, "
            f"{sum(1 for m in mutants if m.get('formula'))} of them in formulas and splits "
            f"| noticed: {noticed} |\n")
    return 0 if noticed >= 0.95 * count and not formulas else 1


sys.exit(main())
