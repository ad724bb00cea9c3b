#!/usr/bin/env python3
"""Kills runs at random moments, lets them go on, and compares every byte with an undisturbed run.

    kills.py PROGRAM [COUNT] [SEED] [--counts FILE]

PROGRAM is `interchange`; COUNT kills (50) are shared by finetune (once with a head for labels),
compare, tune, das and sweep, on a tiny random model of Tests/Fixtures. finetune and compare go on
with --resume, the others begin again in the same folder. Every other kill comes within the first
moments, while a folder is made ready and the first files are written. What a run took (times,
memory) is left out of the comparison, and figures, which hold it. Fails when a byte differs, or a
file is left over that the undisturbed run doesn't have.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
TEACH = FIXTURES / "version-0.1.0" / "teach_verbs.py"
# Seconds in which a run makes its folder ready and writes its first files.
FIRST_MOMENTS = 0.3
# What differs from run to run, in records and logs.
MEASURED = {"started", "seconds", "trainingSeconds", "peakMiB", "arguments", "out"}


def model(folder):
    """The tiny LLaMA with both verbs of the task `agreement` as tokens."""
    source = FIXTURES / "models" / "llama-gqa"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        shutil.copy(source / name, folder)
    subprocess.run(
        [sys.executable, TEACH, source / "tokenizer.json", folder / "tokenizer.json"], check=True)
    return str(folder)


def calls(work):
    """The runs by their names: a command and its words."""
    taught = model(work / "model")
    labels = work / "labels.csv"
    labels.write_text("text,label\n" + "".join(
        f"{'x' * (1 + i % 5)},{'abc'[i % 3]}\n" for i in range(24)))
    data = work / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"prompt": "ab c" * (1 + i % 5), "completion": f"de{i}"}) + "\n"
        for i in range(24)))
    train = ["--data", str(data), "--answers", "loss", "--batch", "4", "--positions", "f1+l1",
             "--test-share", "0.2", "--development-share", "0.2"]
    search = ["--methods", "loreft:rank=1/2:rate=1e-3/1e-2", "--budget-steps", "600"]
    runs = {
        "finetune": ["--rank", "2", "--dropout", "0.1", "--epochs", "150", "--save-every", "7",
                     "--evaluate-every", "40", "--seeds", "2", "--resume", *train],
        "finetune labels": ["--data", str(labels), "--answers", "label", "--test-share", "0.2",
                            "--development-share", "0.2", "--method", "lora", "--rank", "1",
                            "--epochs", "60", "--batch", "4", "--save-every", "1", "--resume"],
        "compare": ["--methods", "loreft:rank=2,lobireft:rank=1", "--epochs", "60",
                    "--seeds", "2", "--resume", *train],
        "tune": [*search, *train],
        "das": ["--layer", "1", "--rank", "2", "--pairs", "4096", "--epochs", "6", "--batch", "8",
                "--seed", "1"],
        "sweep": ["--pairs", "2048", "--limit", "32", "--seed", "1"],
    }
    return {name: (name.split()[0], [taught, *words]) for name, words in runs.items()}


def stripped(value):
    if isinstance(value, dict):
        return {k: stripped(v) for k, v in value.items() if k not in MEASURED}
    return [stripped(v) for v in value] if isinstance(value, list) else value


def content(path):
    """The bytes of a file that every run must end in; nothing for what holds times."""
    if path.suffix in (".png", ".md"):
        return None
    if path.suffix in (".json", ".jsonl"):
        return [stripped(json.loads(line)) for line in
                ([path.read_text()] if path.suffix == ".json" else path.read_text().splitlines())]
    return path.read_bytes()


def files(folder):
    return {str(path.relative_to(folder)): content(path) for path in sorted(folder.rglob("*"))
            if path.is_file()}


def start(program, command, words, out):
    return subprocess.Popen([program, command, *words, "--out", str(out)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process, command):
    errors = process.communicate()[1].decode()
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}: {errors}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("count", type=int, nargs="?", default=50)
    parser.add_argument("seed", type=int, nargs="?", default=random.randrange(1 << 32))
    parser.add_argument("--only", help="commands, separated by commas")
    parser.add_argument("--counts", help="a file for the row of what was found")
    options = parser.parse_args()
    program, count = options.program, options.count
    moments = random.Random(options.seed)
    print(f"{count} kills, seed {options.seed}")
    faults = 0
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        commands = calls(work)
        if options.only:
            commands = {name: commands[name] for name in options.only.split(",")}
        for index, (name, (command, words)) in enumerate(commands.items()):
            calm, disturbed = work / f"{name}-calm", work / f"{name}-disturbed"
            began = time.monotonic()
            finish(start(program, command, words, calm), command)
            length = time.monotonic() - began
            kills = count // len(commands) + (index < count % len(commands))
            late = early = 0
            for kill in range(kills):
                span = min(FIRST_MOMENTS, length) if kill % 2 else length
                process = start(program, command, words, disturbed)
                moment = moments.uniform(0, span)
                time.sleep(moment)
                late += process.poll() is not None
                early += moment < 1
                process.send_signal(signal.SIGKILL)
                process.communicate()
            finish(start(program, command, words, disturbed), command)
            expected, found = files(calm), files(disturbed)
            wrong = [file for file in expected.keys() | found.keys()
                     if file not in expected or file not in found or expected[file] != found[file]]
            faults += len(wrong)
            print(f"{name}: {kills} kills in runs of {length:.2f} s, {early} in the first second, "
                  f"{late} after the end; "
                  + (f"different: {', '.join(sorted(wrong))}" if wrong
                     else f"{len(found)} files, the same"), flush=True)
        if options.counts:
            Path(options.counts).write_text(
                f"| `make kills` | {count} kills over {', '.join(commands)} | files that differ "
                f"from an undisturbed run's, or are left over: {faults or 'none'} |\n")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
