#!/usr/bin/env python3
"""Prints the page of all commands, as the program itself tells them.

    commands_page.py PROGRAM EXAMPLES > commands.md

PROGRAM is `interchange`; its `--experimental-dump-help` tells commands and options, its `help` the
groups. EXAMPLES has a command a line; a line that begins with `#` says what the next one does, one that
begins with `#+` has options that `check_commands.py` adds.
Fails when a command has no example or when an example names a command or an option that isn't there.
"""

import json
import re
import shlex
import subprocess
import sys
from collections import Counter

# An option that this share of all commands has is told once.
COMMON = 0.66
HIDDEN = {"help", "version"}
# Where the default of an option with a range of numbers stands.
DEFAULT = re.compile(r" \(default: (.*)\)$")


def fail(text):
    sys.exit(f"commands_page: {text}")


def printed(words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def leaves(command, path=()):
    """The commands that do something, with the words that call them."""
    for child in command.get("subcommands", []):
        if child["commandName"] == "help" or not child.get("shouldDisplay", True):
            continue
        words = (*path, child["commandName"])
        if child.get("subcommands"):
            yield from leaves(child, words)
        else:
            yield " ".join(words), child


def groups(program):
    """The group of each command, by the headings of `interchange help`; without groups, none."""
    found, title = {}, None
    for line in printed([program, "help"]).splitlines():
        if heading := re.fullmatch(r"(.*?) ?SUBCOMMANDS:", line):
            title = heading[1].capitalize() or None
        elif not line.strip():
            title = None
        elif title and (name := re.match(r"  (\S+)", line)):
            found[name[1]] = title
    return found


def arguments(command):
    """The options of a command; a flag and its opposite are one."""
    shown = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    found = []
    for argument in shown:
        if found and name(argument) == "no-" + name(found[-1]):
            found[-1] = found[-1] | {"names": found[-1]["names"] + argument["names"]}
        elif name(argument) not in HIDDEN:
            found.append(argument)
    return found


def name(argument):
    return argument.get("preferredName", {}).get("name") or argument["valueName"]


def key(argument):
    """What makes two commands' options the same one."""
    return json.dumps(argument, sort_keys=True)


def spelled(argument):
    """An option as it is typed: `--rank <k>`."""
    if argument["kind"] == "positional":
        words = f"<{argument['valueName']}>" + (" …" if argument["isRepeating"] else "")
        return f"`{words}`"
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    names = [dashes[n["kind"]] + n["name"] for n in argument["names"]]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    return "`" + ", ".join(names) + value + "`"


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def told(argument):
    """An option's sentence, with its values."""
    text = DEFAULT.sub("", argument.get("abstract", ""))
    values = argument.get("allValues", [])
    if values and not all(re.search(rf"\b{re.escape(v)}\b", text) for v in values):
        text += f" One of {', '.join(values)}."
    if argument["isRepeating"] and argument["kind"] != "positional":
        text += " May be given several times."
    return cell(text)


def prose(text):
    """A command's discussion, with its options as code."""
    def code(match):
        return match[0] if match[0].startswith("`") else f"`{match[0]}`"

    return re.sub(r"`[^`]*`|(?<![\w-])--[a-z][a-z-]*", code, text.strip()).replace("<", "&lt;")


def default(argument):
    if value := DEFAULT.search(argument.get("abstract", "")):
        return f"`{cell(value[1])}`"
    if value := argument.get("defaultValue"):
        if argument["kind"] == "flag":
            return "off" if value.startswith("--no-") else "on"
        return f"`{cell(value)}`"
    return "" if argument["isOptional"] else "required"


def table(arguments):
    rows = [f"| {spelled(a)} | {told(a)} | {default(a)} |" for a in arguments]
    return "\n".join(["| option | what it does | default |", "| --- | --- | --- |", *rows])


def read_examples(path):
    """The examples of each command: a sentence and the line."""
    found, caption = {}, ""
    for line in open(path, encoding="utf-8").read().replace("\\\n", "").splitlines():
        line = re.sub(r"\s+", " ", line).strip()
        if line.startswith("#+"):
            continue
        if line.startswith("#"):
            caption = line.lstrip("# ")
        elif line:
            words = shlex.split(line)
            if words[0] != "interchange":
                fail(f"{path}: not a call of interchange: {line}")
            found.setdefault(words[1], []).append((caption, line, words[1:]))
            caption = ""
    return found


def checked(examples, commands):
    """Examples by command; none may name what isn't there, none may be missing."""
    result = {}
    for lines in examples.values():
        for caption, line, words in lines:
            call = next((c for c in commands if words[: len(c.split())] == c.split()), None)
            if call is None:
                fail(f"there is no such command: {line}")
            known = {n["name"] for a in commands[call]["arguments"] for n in a.get("names", [])}
            for word in words:
                if word.startswith("--") and word[2:].split("=")[0] not in known:
                    fail(f"{call} has no option {word}: {line}")
            result.setdefault(call, []).append((caption, line))
    if missing := [c for c in commands if c not in result]:
        fail(f"no example of {', '.join(missing)}")
    return result


def folded(line, width=96):
    """A line of the shell in pieces that fit."""
    pieces = [""]
    # An option stays with its value.
    word = r"""(?:[^\s"']|"[^"]*"|'[^']*')+"""
    for word in re.findall(rf"--\S+(?: (?!-){word})?|{word}", line):
        if pieces[-1] and len(pieces[-1]) + len(word) + 3 > width:
            pieces[-1] += " \\"
            pieces.append("   ")
        pieces[-1] += (" " if pieces[-1] else "") + word
    return "\n".join(pieces)


def anchor(title):
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


class Shared:
    """Options that several commands have alike: they are told once."""

    def __init__(self, title, arguments, commands):
        self.title = title
        self.arguments = arguments
        self.keys = {key(a) for a in arguments}
        users = [c for c, it in commands.items() if self.keys & {key(a) for a in it}]
        self.users = (
            "all commands, unless a command's own section says otherwise"
            if len(users) == len(commands) else ", ".join(f"[`{u}`](#{anchor(u)})" for u in users)
        )

    def text(self):
        return f"### {self.title}\n\nOptions of {self.users}.\n\n{table(self.arguments)}\n"

    def link(self, own):
        """The link in a command's section; what the command lacks is said."""
        missing = [a for a in self.arguments if key(a) not in own]
        if len(missing) > len(self.arguments) // 2:
            return None
        without = f" except {', '.join(spelled(a) for a in missing)}" if missing else ""
        return f"[{self.title.lower()}](#{anchor(self.title)}){without}"


def shared_sections(commands):
    """The common options, then those of each section of the help that several commands have."""
    counts = Counter(key(a) for it in commands.values() for a in it)
    first = {}
    for it in commands.values():
        for a in it:
            first.setdefault(key(a), a)
    common = [a for k, a in first.items() if counts[k] >= COMMON * len(commands)]
    sections = []
    for title in dict.fromkeys(a.get("sectionTitle") for a in first.values()):
        rest = [
            a for k, a in first.items()
            if title and a.get("sectionTitle") == title and counts[k] > 1 and a not in common
        ]
        if len(rest) > 1:
            sections.append(Shared(f"{title.capitalize()} options", rest, commands))
    return [Shared("Common options", common, commands), *sections]


def section(call, command, own, sections, examples):
    text = [f"### {call}", "", cell(command.get("abstract", "")), ""]
    if discussion := command.get("discussion"):
        text += [prose(discussion), ""]
    calls = [(f"# {caption}\n" if caption else "") + folded(line) for caption, line in examples]
    text += ["```sh", *calls, "```", ""]
    keys = {key(a) for a in own}
    links, covered = [], set()
    for shared in sections:
        if keys & shared.keys and (link := shared.link(keys)):
            links.append(link)
            covered |= shared.keys
    # What stands on the line without a dash is always shown.
    rest = [a for a in own if key(a) not in covered or a["kind"] == "positional"]
    if rest:
        text += [table(rest), ""]
    if links:
        text += [f"And the {', '.join(links)}.", ""]
    return "\n".join(text)


def main():
    program, examples_path = sys.argv[1:]
    top = json.loads(printed([program, "--experimental-dump-help"]))["command"]
    found = dict(leaves(top))
    commands = {call: arguments(command) for call, command in found.items()}
    examples = checked(read_examples(examples_path), found)
    sections = shared_sections(commands)
    grouped = groups(program)
    titles = list(dict.fromkeys(grouped.get(c.split()[0], "Commands") for c in commands))

    print("| command | what it does |\n| --- | --- |")
    for call, command in found.items():
        print(f"| [`{call}`](#{anchor(call)}) | {cell(command.get('abstract', ''))} |")
    for title in titles:
        print(f"\n## {title}\n")
        for call in commands:
            if grouped.get(call.split()[0], "Commands") == title:
                print(section(call, found[call], commands[call], sections, examples[call]))
    print("## Options that several commands have\n")
    print("\n".join(shared.text() for shared in sections), end="")


if __name__ == "__main__":
    main()
