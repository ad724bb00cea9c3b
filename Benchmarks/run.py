"""Times the peers and Interchange in turn and writes the table of ratios.

    python run.py [--only das,forward] [--ours PROGRAM] [--rounds 3]
    python run.py --only loreft-text,lora-text --out texts

Standard library only. Every measurement is a process of its own: theirs, ours, theirs, ours. What
each printed is kept in `results.json`; `table.py` makes `results.md` of it.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

import table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PACKAGES = ("torch", "transformers", "pyvene", "pyreft", "peft")
SIZES = {"batch": 16, "length": 64, "layer": 15, "rank": 16}

# The measurements of a job, in their order. "lean", "q4" and "recompute" are told in `command`; theirs
# are slow, so they are timed over fewer steps.
JOBS = {
    "das": ("theirs", "ours", "theirs-lean", "ours-q4"),
    "fit": ("theirs", "ours"),
    "sweep": ("theirs", "ours", "theirs-lean"),
    "loreft": ("theirs", "ours", "theirs-lean"),
    "lora": (
        "theirs", "ours", "theirs-lean", "ours-q4", "ours-recompute", "ours-q4-recompute",
    ),
    "loreft-text": ("theirs", "ours", "theirs-lean"),
    "lora-text": ("theirs", "ours", "theirs-lean"),
    "forward": ("theirs", "gemm-before", "ours", "gemm-after"),
    "generate": ("theirs", "ours", "ours-q4"),
    "startup": ("theirs", "ours"),
}
STEPS = {"theirs": 5, "ours": 12}
# The long ones take most of the time and are steadier; the others are repeated more often, so that a
# minute in which the machine is busy elsewhere doesn't decide.
ROUNDS = {"fit": 2, "sweep": 2}
# Training on texts: whole epochs over the first examples of a data set, one of theirs.
TEXTS = 48
EPOCHS = {"theirs": 1, "ours": 3}
SETTINGS = {
    "fit": {"pairs": 128, "epochs": 10},
    "loreft": {"rank": 8},
    "lora": {"rank": 8},
    "startup": {"text": "The capital of France is"},
}


def command(job, side, arguments):
    """The command of one measurement."""
    if side.startswith("gemm"):
        return [arguments.ours, "bench", "gemm", "--json", *options(threads=arguments.threads)]
    who, *variants = side.split("-")
    model = arguments.gguf if "q4" in variants else arguments.folder
    job, _, on_texts = job.partition("-")
    settings = SIZES | {"steps": STEPS[who]} | SETTINGS.get(job, {})
    if on_texts:
        settings |= {"steps": EPOCHS[who], "data": arguments.pairs}
    settings |= {"threads": arguments.threads}
    if job == "generate":
        # Each run makes 64 tokens; ours counts ten steps as one run.
        settings["steps"] = {"theirs": 3, "ours": 30}[who]
    if who == "theirs":
        settings["way"] = "lean" if "lean" in variants else "documented"
        program = [arguments.python, HERE / "peers.py", job, "--model", model]
    elif job == "startup":
        settings = SETTINGS[job] | {"threads": arguments.threads}
        program = [arguments.ours, "predict", model]
    else:
        if "q4" in variants:
            settings["weights"] = "stored"
        program = [arguments.ours, "bench", job, model]
        if "recompute" in variants:
            program.append("--recompute")
    return [*program, *options(**settings), "--json"]


def write_pairs(instructions, path):
    """The first examples of a set of instructions as prompts and completions, JSON lines."""
    examples = json.loads(instructions.read_text())[:TEXTS]
    pairs = [{"prompt": e["instruction"] + "\n", "completion": e["output"]} for e in examples]
    path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))


def options(**settings):
    return [part for name, value in settings.items() for part in (f"--{name}", value)]


def busy_seconds():
    """The seconds that all cores have worked since the start, or None where it is not told."""
    try:
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split()[1:9]]
    except (OSError, ValueError):
        return None
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK") if any(fields) else None


def measure(words):
    """Runs a command alone; its JSON document, with its wall time, work and peak memory."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        busy = busy_seconds()
        start = time.perf_counter()
        try:
            process = subprocess.Popen([str(word) for word in words], stdout=output, stderr=errors)
        except OSError as error:
            return {"failed": str(error)}
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        try:
            document = json.load(output)
        except ValueError:
            document = None
        if process.returncode != 0 or not isinstance(document, dict):
            lines = errors.read().strip().splitlines() or ["no JSON document"]
            return {"failed": f"exit code {process.returncode}: {lines[-1]}"}
    worked = usage.ru_utime + usage.ru_stime
    document |= {
        "wall_s": wall,
        "cpu_s": worked,
        "process_peak_mib": usage.ru_maxrss / 1024,
    }
    if busy is not None:
        cores = len(os.sched_getaffinity(0))
        others = (busy_seconds() - busy - worked) / (wall * cores)
        document["others_share"] = max(0, others)
    return document


def machine(threads):
    """What the numbers were measured on; nothing that names the machine itself."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {
        "cpu": " ".join(cpu[1].split()) if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "memory_gib": round(int(memory[1]) / 2**20),
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions(arguments):
    """Of both sides, as they say themselves."""
    ask = "import importlib.metadata as m, json, sys;"
    ask += f"print(json.dumps({{p: m.version(p) for p in {PACKAGES!r}}}))"
    theirs = json.loads(printed([arguments.python, "-c", ask]))
    try:
        commit = printed(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"])
    except (OSError, subprocess.CalledProcessError):
        commit = None
    ours = {"interchange": printed([arguments.ours, "--version"]), "commit": commit}
    return ours | theirs | {"python": printed([arguments.python, "-V"]).removeprefix("Python ")}


def printed(words):
    return subprocess.run(
        [str(word) for word in words], check=True, capture_output=True, text=True
    ).stdout.strip()


def same_prediction(runs):
    """Both sides must foretell the same token: else they don't do the same work."""
    tops = {(run["top"][0]["token"], round(run["top"][0]["logit"], 1)) for run in runs}
    return len(tops) == 1


def same_tokens(runs):
    """Both sides must train on as many tokens."""
    return len({run["tokens"] for run in runs}) <= 1


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    bench = ROOT / ".bench"
    gguf = ROOT / ".models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / ".build/release/interchange")
    parser.add_argument("--python", type=pathlib.Path, default=bench / "venv/bin/python")
    parser.add_argument("--folder", type=pathlib.Path, default=bench / "SmolLM2-135M-float32")
    parser.add_argument("--gguf", type=pathlib.Path, default=gguf)
    texts = ROOT / "data/llm-adapters/ARC-Easy/train.json"
    parser.add_argument("--texts", type=pathlib.Path, default=texts, help="instructions, JSON")
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="where results go")
    parser.add_argument("--only", help="of " + ",".join(JOBS) + "; all but those on texts")
    parser.add_argument("--rounds", type=int, default=3, help="of the short jobs")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    arguments.jobs = (
        arguments.only.split(",") if arguments.only
        else [job for job in JOBS if not job.endswith("-text")]
    )
    for job in arguments.jobs:
        if job not in JOBS:
            parser.error(f"--only: {job} is none of {', '.join(JOBS)}")
    for name in ("ours", "python", "folder", "gguf"):
        # Absolute, but not resolved: a virtual environment's python is a link.
        path = getattr(arguments, name).absolute()
        setattr(arguments, name, path)
        if not path.exists():
            parser.error(f"--{name}: no such file: {path}")
    on_texts = [job for job in arguments.jobs if job.endswith("-text")]
    if on_texts and not arguments.texts.exists():
        print(f"{', '.join(on_texts)}: left out, there is no {arguments.texts.name} of ARC-Easy")
        arguments.jobs = [job for job in arguments.jobs if job not in on_texts]
        if not arguments.jobs:
            sys.exit(0)
    return arguments


def main():
    arguments = read_arguments()
    with tempfile.TemporaryDirectory() as folder:
        arguments.pairs = pathlib.Path(folder) / "pairs.jsonl"
        if any(job.endswith("-text") for job in arguments.jobs):
            write_pairs(arguments.texts, arguments.pairs)
        run(arguments)


def run(arguments):
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(arguments.threads),
        "versions": versions(arguments),
        "model": {"folder": arguments.folder.name, "gguf": arguments.gguf.name},
        "settings": SIZES | {"rounds": arguments.rounds, "steps": STEPS, "texts": TEXTS, "epochs": EPOCHS},
        "runs": {job: {side: [] for side in JOBS[job]} for job in arguments.jobs},
    }
    failed = False
    for job in arguments.jobs:
        # The files of both sides are in the page cache before anything counts.
        if job == "startup":
            for side in JOBS[job]:
                measure(command(job, side, arguments))
        for turn in range(min(arguments.rounds, ROUNDS.get(job, arguments.rounds))):
            for side in JOBS[job]:
                one = measure(command(job, side, arguments))
                results["runs"][job][side].append(one)
                failed |= "failed" in one
                print(f"{job}, round {turn + 1}, {side}: {table.summary(job, one)}", flush=True)
    # Rows of an earlier run are not kept: one table is one run on one machine.
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    text = table.markdown(results)
    (arguments.out / "results.md").write_text(text)
    print("\n" + text)

    starts = [r for runs in results["runs"].get("startup", {}).values() for r in runs]
    if starts and not failed and not same_prediction(starts):
        sys.exit("run: the two sides predict different tokens")
    if failed:
        sys.exit("run: a measurement failed")
    for job in arguments.jobs:
        if job.endswith("-text"):
            if not same_tokens([r for runs in results["runs"][job].values() for r in runs]):
                sys.exit(f"run: the sides of {job} don't train on the same tokens")


if __name__ == "__main__":
    main()
