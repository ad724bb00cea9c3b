#!/usr/bin/env python3
"""The table of supported models, from the families' files and the forms that they are checked on.

    Scripts/models_page.py > table.md

A family's names stand in its file in Sources/Models/Architectures; the forms, with the sites that
transformers' values are there for, in Tests/Fixtures/architectures.
"""
import json
import re
import struct
from pathlib import Path

root = Path(__file__).resolve().parent.parent
forms_folder = root / "Tests/Fixtures/architectures"
# Sites that most models have; what of them a form lacks is told.
usual = ["resid_mid", "gate_output", "mlp_activation", "query_output"]
more = ["attention_projection", "mlp_projection", "router_logits", "cross_attention_output"]


def strings(text, name):
    found = re.search(rf"static let {name}[^=]*=\s*\[(.*?)\]", text, re.S)
    return re.findall(r'"([^"]+)"', found.group(1)) if found else []


def sites(folder):
    with open(folder / "expected.safetensors", "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    found = re.compile(r"long\.(?:encoder\.)?site\.(\w+)\.")
    return {match.group(1) for name in header if (match := found.match(name))}


def main():
    by_type = {}
    for form in json.loads((forms_folder / "index.json").read_text()):
        by_type.setdefault(form["model_type"], []).append(form)
    print("| model | `model_type` | classes | GGUF | sites | checked on |")
    print("| --- | --- | --- | --- | --- | --- |")
    for path in sorted((root / "Sources/Models/Architectures").rglob("*Family.swift")):
        text = path.read_text()
        types = strings(text, "modelTypes")
        if not types:
            continue
        comment = re.findall(r"((?:^///.*\n)+)public enum \w+Family", text, re.M)[0]
        words = " ".join(line.removeprefix("///").strip() for line in comment.splitlines())
        title = re.split(r"[:(]| —", words)[0].strip().rstrip(".")
        forms = [form for kind in types for form in by_type.get(kind, [])]
        present = [sites(forms_folder / form["name"]) for form in forms]
        lacking = [name for name in usual if present and all(name not in own for own in present)]
        own = [name for name in more if any(name in sites for sites in present)]
        notes = ["no `%s`" % name for name in lacking] + ["`%s`" % name for name in own]
        checked = ", ".join(form["name"] + (" (GGUF too)" if form.get("gguf") else "") for form in forms)
        classes = ", ".join("`%s`" % name for name in strings(text, "names"))
        print("| %s | %s | %s | %s | %s | %s |" % (
            title, ", ".join("`%s`" % kind for kind in types), classes,
            ", ".join("`%s`" % name for name in strings(text, "ggufNames")) or "–",
            ", ".join(notes) or "–", checked or "–"))


if __name__ == "__main__":
    main()
