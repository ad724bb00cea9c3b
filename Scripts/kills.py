#!/usr/bin/env python3
"""Kills runs at random moments, lets them go on, and compares every byte with an undisturbed run.

    kills.py PROGRAM [COUNT] [SEED]

PROGRAM is `interchange`; COUNT kills (50) are shared by finetune, compare, tune, das and sweep, on a tiny
random model of Tests/Fixtures. finetune and compare go on with --resume, the others begin again in the same
folder. What a run took (times, memory) is left out of the comparison, and figures, which hold it. Fails
when a byte differs, or a file is left over that the undisturbed run doesn't have.
"""

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
    taught = model(work / "model")
    data = work / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"prompt": "ab c" * (1 + i % 5), "completion": f"de{i}"}) + "\n"
        for i in range(24)))
    train = ["--data", str(data), "--answers", "loss", "--batch", "4", "--positions", "f1+l1",
             "--test-share", "0.2", "--development-share", "0.2"]
    return {
        "finetune": [taught, "--rank", "2", "--dropout", "0.1", "--epochs", "150", "--save-every", "7",
                     "--evaluate-every", "40", "--seeds", "2", "--resume", *train],
        "compare": [taught, "--methods", "loreft:rank=2,lobireft:rank=1", "--epochs", "60", "--seeds", "2",
                    "--resume", *train],
        "tune": [taught, "--methods", "loreft:rank=1/2:rate=1e-3/1e-2", "--budget-steps", "600", *train],
        "das": [taught, "--layer", "1", "--rank", "2", "--pairs", "4096", "--epochs", "6", "--batch", "8",
                "--seed", "1"],
        "sweep": [taught, "--pairs", "2048", "--limit", "32", "--seed", "1"],
    }


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
    return {str(p.relative_to(folder)): content(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def start(program, command, words, out):
    return subprocess.Popen([program, command, *words, "--out", str(out)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process, command):
    errors = process.communicate()[1].decode()
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}: {errors}")


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    moments = random.Random(seed)
    print(f"{count} kills, seed {seed}")
    faults = 0
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        commands = calls(work)
        for index, (command, words) in enumerate(commands.items()):
            calm, disturbed = work / f"{command}-calm", work / f"{command}-disturbed"
            began = time.monotonic()
            finish(start(program, command, words, calm), command)
            length = time.monotonic() - began
            kills = count // len(commands) + (index < count % len(commands))
            late = 0
            for _ in range(kills):
                process = start(program, command, words, disturbed)
                time.sleep(moments.uniform(0, length))
                late += process.poll() is not None
                process.send_signal(signal.SIGKILL)
                process.communicate()
            finish(start(program, command, words, disturbed), command)
            expected, found = files(calm), files(disturbed)
            wrong = [name for name in expected.keys() | found.keys()
                     if name not in expected or name not in found or expected[name] != found[name]]
            faults += len(wrong)
            print(f"{command}: {kills} kills in runs of {length:.2f} s, {late} of them after the end; "
                  + (f"different: {', '.join(sorted(wrong))}" if wrong
                     else f"{len(found)} files, the same"))
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
