#!/usr/bin/env python3
"""Runs every command of the documentation's page of commands, in its order and in one folder.

    check_commands.py [--program PROGRAM] [--folder FOLDER]

A line of `command_examples.txt` that begins with `#+` has options that make the next command short. A
command may neither fail nor leave its `--out` without a file. Without the model of `make model`, says
so and runs only those that need none. Models by name come from a hub on this machine, which has a tiny
one under every name.
"""

import argparse
import hashlib
import http.server
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ".models/SmolLM2-135M-Instruct.Q4_1.gguf"
FIXTURES = ROOT / "Tests/Fixtures"


class Hub(http.server.BaseHTTPRequestHandler):
    """The part of the hub's interface that `interchange fetch` uses."""

    FILES = {p.name: p.read_bytes() for p in (FIXTURES / "models/llama-gqa").iterdir() if p.is_file()}
    COMMIT = "c0de" * 10

    def do_GET(self):
        parts = self.path.split("?")[0].split("/")
        if parts[1] == "api":
            siblings = [
                {"rfilename": name, "size": len(data), "blobId": self.blob(data)}
                for name, data in self.FILES.items()
            ]
            self.answer(json.dumps({"sha": self.COMMIT, "siblings": siblings}).encode())
        else:
            self.answer(self.FILES[parts[-1]])

    @staticmethod
    def blob(data):
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def answer(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


def environment(folder):
    """A cache of its own, and the hub on this machine."""
    hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))}
    address = f"http://127.0.0.1:{hub.server_port}"
    return kept | {"HF_HOME": str(folder / "huggingface"), "HF_ENDPOINT": address, "no_proxy": "127.0.0.1"}


def examples():
    """The commands as words, each with what is added to it."""
    more = []
    lines = (ROOT / "Scripts/command_examples.txt").read_text().replace("\\\n", "").splitlines()
    for line in lines:
        if line.startswith("#+"):
            more = shlex.split(line[2:])
        elif line.startswith("interchange "):
            yield shlex.split(line)[1:] + more
            more = []


def prepare(folder):
    """Puts what the examples read into a folder; returns what their capital words stand for."""
    for name in (".models", "Examples"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    model = folder / "tiny"
    shutil.copytree(FIXTURES / "models/llama-gqa", model)
    return {
        "$M": MODEL,
        "FOLDER": "tiny",
        "PYREFT_FOLDER": str(FIXTURES / "interventions/pyreft/loreft"),
    }


def written(words, folder):
    """Whether the folder behind --out holds a file, for a command that has one."""
    if "--out" not in words:
        return True
    out = folder / words[words.index("--out") + 1]
    return any(out.iterdir()) if out.is_dir() else out.exists()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/interchange")
    parser.add_argument("--folder", type=pathlib.Path, help="where to work; by default a temporary one")
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    has_model = (ROOT / MODEL).exists()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or pathlib.Path(temporary)
        names = prepare(folder)
        variables = environment(folder)
        count, left_out, failures = 0, 0, []
        for words in examples():
            if "$M" in words and not has_model:
                left_out += 1
                continue
            words = [names.get(w, w) for w in words]
            began = time.monotonic()
            run = subprocess.run(
                [program, *words], cwd=folder, env=variables, input="Hello\n", capture_output=True, text=True
            )
            print(f"{time.monotonic() - began:6.1f} s  interchange {shlex.join(words)}", flush=True)
            count += 1
            if run.returncode:
                failures.append(f"{shlex.join(words)}: exit code {run.returncode}: {run.stderr[-600:]}")
            elif not written(words, folder):
                failures.append(f"{shlex.join(words)}: nothing in --out")
    if left_out:
        print(f"check_commands: {left_out} commands left out: no {MODEL} (make model)")
    if failures:
        sys.exit("check_commands: " + "\n".join(failures))
    print(f"check_commands: {count} commands ran")


if __name__ == "__main__":
    main()
