"""Makes the table of `results.json`.

    python table.py results.json > results.md
    python table.py --short results.json
"""

import json
import pathlib
import statistics
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line: a measure of two sides of a job, and what is asked of their ratio.

    `faster`: theirs ÷ ours is at least the target. `smaller`: ours ÷ theirs is at most it.
    Without a target the line is told and not judged.
    """

    work: str
    peer: str
    job: str
    target: float | None
    ours: str = "ours"
    theirs: str = "theirs"
    measure: str = "median_s"
    kind: str = "faster"
    # Whether the short table has it too.
    short: bool = False


MEMORY = {"measure": "process_peak_mib", "kind": "smaller"}
LEAN = {"theirs": "theirs-lean", "target": None}
Q4 = {"ours": "ours-q4"}

ROWS = (
    Row("DAS step, layer 15, last position", "pyvene", "das", 60),
    Row("DAS, whole fit: 128 pairs, 10 epochs", "pyvene", "fit", 15, short=True),
    Row("sweep, all layers × last 8 positions, 16 pairs", "pyvene", "sweep", 40, short=True),
    Row("LoReFT step, all layers, f7+l7, rank 8", "pyreft", "loreft", 2, short=True),
    Row("LoRA step, queries and values, rank 8", "peft", "lora", 2),
    Row("LoReFT, an epoch over texts", "pyreft", "loreft-text", 2),
    Row("LoRA, an epoch over texts", "peft", "lora-text", 2),
    Row("plain forward", "transformers", "forward", 1.4, short=True),
    Row("greedy decoding, a token", "transformers", "generate", 1.8),
    Row("greedy decoding, a token, ours from Q4_1", "transformers", "generate", 4, **Q4),
    Row("DAS step, ours from Q4_1", "pyvene", "das", 60, **Q4),
    Row("start-up to first prediction", "transformers", "startup", 10, measure="wall_s"),
    Row("peak memory, DAS step", "pyvene", "das", 0.5, **MEMORY),
    Row("peak memory, LoReFT step", "pyreft", "loreft", 0.5, **MEMORY),
    Row("peak memory, LoRA step", "peft", "lora", 0.5, **MEMORY),
    Row("peak memory, LoReFT over texts", "pyreft", "loreft-text", 0.5, **MEMORY),
    Row("peak memory, LoRA over texts", "peft", "lora-text", 0.5, **MEMORY),
    Row("peak memory, DAS step, ours from Q4_1", "pyvene", "das", 0.15, **MEMORY, **Q4),
    Row("peak memory, LoRA step, blocks recomputed", "peft", "lora", 0.5, ours="ours-recompute", **MEMORY),
    Row(
        "peak memory, LoRA step: float32 (left), Q4_1 (right)", "ours", "lora", 0.4,
        theirs="ours", **MEMORY, **Q4,
    ),
    Row(
        "peak memory, LoRA step, blocks recomputed: float32 (left), Q4_1 (right)", "ours", "lora", 0.4,
        theirs="ours-recompute", ours="ours-q4-recompute", **MEMORY,
    ),
    Row("LoRA step, blocks recomputed", "peft", "lora", None, ours="ours-recompute"),
    Row("DAS step, theirs lean", "pyvene", "das", **LEAN),
    Row("sweep, theirs lean", "pyvene", "sweep", **LEAN),
    Row("LoReFT step, theirs lean", "pyreft", "loreft", **LEAN),
    Row("LoRA step, theirs lean", "peft", "lora", **LEAN),
    Row("LoReFT, an epoch over texts, theirs lean", "pyreft", "loreft-text", **LEAN),
    Row("LoRA, an epoch over texts, theirs lean", "peft", "lora-text", **LEAN),
    Row("peak memory, DAS step, theirs lean", "pyvene", "das", **LEAN, **MEMORY),
    Row("peak memory, LoReFT step, theirs lean", "pyreft", "loreft", **LEAN, **MEMORY),
    Row("peak memory, LoRA step, theirs lean", "peft", "lora", **LEAN, **MEMORY),
)
FORWARD_SHARE = 0.75


def seconds(value):
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if value >= size or unit == "ms":
            return f"{digits(value / size)} {unit}"


def digits(value):
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def shown(value, measure):
    return f"{value:.0f} MiB" if measure == "process_peak_mib" else seconds(value)


def summary(job, run):
    """A run in a few words, for the progress line."""
    if "failed" in run:
        return "failed: " + run["failed"]
    if run.get("what") == "gemm":
        return f"{digits(run['gflops'])} GFLOP/s"
    words = [seconds(run["wall_s" if job == "startup" else "median_s"])]
    words += [f"{run['process_peak_mib']:.0f} MiB"]
    if run.get("others_share", 0) > 0.05:
        words.append(f"others used {run['others_share']:.0%} of the machine")
    return ", ".join(words)


def values(runs, measure):
    """One value a round; empty where a round failed or was left out."""
    found = [run.get(measure) for run in runs]
    return [] if None in found else found


def median(runs, measure):
    """The median over the rounds, or None where a round failed or was left out."""
    found = values(runs, measure)
    return statistics.median(found) if found else None


def median_ratio(numerators, denominators):
    """Of each round's own ratio: what slows the machine for a minute slows both sides of a round."""
    return statistics.median(n / d for n, d in zip(numerators, denominators, strict=True))


def line(*cells):
    return "| " + " | ".join(cells) + " |\n"


def verdict(met):
    return "yes" if met else "**no**"


def row_cells(row, sides):
    """The work, the peer, both medians and the median ratio; None for the ratio without both sides."""
    theirs = values(sides.get(row.theirs, []), row.measure)
    ours = values(sides.get(row.ours, []), row.measure)
    medians = [shown(statistics.median(v), row.measure) if v else "—" for v in (theirs, ours)]
    ratio = None
    if theirs and ours:
        pair = (theirs, ours) if row.kind == "faster" else (ours, theirs)
        ratio = median_ratio(*pair)
    cells = [row.work, row.peer, *medians, "not measured" if ratio is None else f"{digits(ratio)} ×"]
    return cells, ratio


def row_line(row, sides):
    cells, ratio = row_cells(row, sides)
    if row.target is None or ratio is None:
        return line(*cells, "", "")
    faster = row.kind == "faster"
    met = verdict(ratio >= row.target if faster else ratio <= row.target)
    return line(*cells, f"{'≥' if faster else '≤'} {row.target:g} ×", met)


def share_line(sides):
    """What share of the machine's peak the forward pass reaches; the peak is of the same rounds."""
    before, after, theirs, ours = (
        values(sides[side], "gflops") for side in ("gemm-before", "gemm-after", "theirs", "ours")
    )
    if not before or not after or not ours:
        return ""
    peaks = [(b + a) / 2 for b, a in zip(before, after, strict=True)]
    share = median_ratio(ours, peaks)
    return line(
        f"plain forward, share of this machine's {digits(statistics.median(peaks))} GFLOP/s",
        "",
        f"{median_ratio(theirs, peaks):.0%}" if theirs else "—",
        f"{share:.0%}",
        "",
        f"≥ {FORWARD_SHARE:.0%}",
        verdict(share >= FORWARD_SHARE),
    )


def rounds(results):
    """How many rounds there were: one number, or from the least to the most."""
    counts = {len(runs) for sides in results["runs"].values() for runs in sides.values()}
    return "–".join(str(count) for count in sorted({min(counts), max(counts)}))


def notes(results):
    machine, versions, settings = (results[key] for key in ("machine", "versions", "settings"))
    runs = [run for sides in results["runs"].values() for side in sides.values() for run in side]
    commit = f" ({versions['commit']})" if versions["commit"] else ""
    text = (
        f"Measured on {results['date']}: Interchange {versions['interchange']}{commit}, "
        f"torch {versions['torch']}, transformers {versions['transformers']}, "
        f"pyvene {versions['pyvene']}, pyreft {versions['pyreft']}, peft {versions['peft']}, "
        f"Python {versions['python']}; "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, {machine['threads']} threads on both sides.\n"
        f"SmolLM2-135M-Instruct in float32 from one folder, {settings['batch']} sequences × "
        f"{settings['length']} random tokens where nothing else is said; DAS rank "
        f"{settings['rank']}; decoding: batch 1, 32 + 64 tokens. "
        f"Both sides in turn, {rounds(results)} rounds: medians, and the median of the rounds' "
        f"ratios; memory is the peak of the whole process.\n"
    )
    first_pass = median(results["runs"].get("das", {}).get("ours", []), "first_pass_s")
    if first_pass is not None:
        text += (
            f"Our DAS step reads what a first pass over bases and sources kept "
            f"({seconds(first_pass)} for its pairs); the whole fit includes that pass.\n"
        )
    scaled = {
        f"{job} ({run['scaled_from']})"
        for job, sides in results["runs"].items()
        for run in sides.get("theirs", [])
        if "scaled_from" in run
    }
    if scaled:
        text += f"Theirs was timed on a sample and scaled: {', '.join(sorted(scaled))}.\n"
    if any("theirs-lean" in sides for sides in results["runs"].values()):
        text += (
            "*Lean*: the peer computes the logits of the positions that count only, which its "
            "documentation and its trainer do not do; of texts, its batches are of similar length too.\n"
        )
    text += texts_note(results)
    if "sweep" in results["runs"]:
        text += (
            "In the sweep ours computes the logits of the two answers that are compared, theirs "
            "those of the whole vocabulary.\n"
        )
    others = [run["others_share"] for run in runs if "others_share" in run]
    if others:
        text += (
            f"Other processes used at most {statistics.median(others):.0%} of the cores in half of the "
            f"measurements, {max(others):.0%} in any.\n"
        )
    return text


def texts_note(results):
    """What the epochs over texts were over."""
    runs = results["runs"]
    sides = runs.get("loreft-text") or runs.get("lora-text") or {}
    if not median(sides.get("theirs", []), "tokens"):
        return ""
    padded, lean = (median(sides.get(way, []), "padded_tokens") for way in ("theirs", "theirs-lean"))
    return (
        f"*Texts*: the first {results['settings']['texts']} questions of ARC-Easy's training part, "
        f"{median(sides['theirs'], 'tokens'):.0f} tokens, which their shuffled batches of "
        f"{results['settings']['batch']} pad to {padded:.0f}"
        + (f" ({lean:.0f} when lean)" if lean else "")
        + "; ours have similar lengths and no padding. The epoch that is timed is not the first.\n"
    )


def markdown(results):
    text = line("work", "peer", "theirs", "ours", "ratio", "at least / at most", "met")
    text += line(*["---"] * 7)
    for row in ROWS:
        if row.job in results["runs"]:
            text += row_line(row, results["runs"][row.job])
            if row.job == "forward":
                text += share_line(results["runs"]["forward"])
    return text + "\n" + notes(results)


def short_markdown(results):
    """A few rows, and what they were measured on."""
    text = line("work", "peer", "theirs", "ours", "ratio") + line(*["---"] * 5)
    for row in ROWS:
        if row.short and row.job in results["runs"]:
            cells, _ = row_cells(row, results["runs"][row.job])
            text += line(*cells)
    machine, versions, settings = (results[key] for key in ("machine", "versions", "settings"))
    return text + (
        f"\nSmolLM2-135M in float32, {settings['batch']} × {settings['length']} tokens, "
        f"{machine['threads']} threads of an {machine['cpu']}, torch {versions['torch']}, "
        f"{results['date']}.\n"
    )


if __name__ == "__main__":
    as_table = short_markdown if "--short" in sys.argv else markdown
    sys.stdout.write(as_table(json.loads(pathlib.Path(sys.argv[-1]).read_text())))
