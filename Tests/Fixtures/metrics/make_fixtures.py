#!/usr/bin/env python3
"""Makes the metrics fixture: values of scikit-learn and scipy, and of the reference's answer reading.

    pip install scikit-learn scipy
    python make_fixtures.py
"""

import json
import random
import re
from pathlib import Path

from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef


def labels():
    generator = random.Random(4)
    cases = [([1, 1], [1, 1]), ([0, 0, 0], [1, 1, 1]), ([0, 1, 0], [1, 1, 1]), ([1], [0])]
    for count, kinds in [(5, 2), (40, 2), (200, 2), (30, 3), (100, 5)]:
        gold = [generator.randrange(kinds) for _ in range(count)]
        cases.append(([value if generator.random() < 0.6 else generator.randrange(kinds)
                       for value in gold], gold))
    return [{
        "predicted": predicted, "gold": gold, "accuracy": accuracy_score(gold, predicted),
        "matthews": float(matthews_corrcoef(gold, predicted)),
        "f1": float(f1_score(gold, predicted, labels=[1], average="macro", zero_division=0)),
        "macroF1": float(f1_score(gold, predicted, average="macro", zero_division=0)),
    } for predicted, gold in cases]


def numbers():
    generator = random.Random(5)
    made = []
    for count, step in [(2, 0), (7, 0), (50, 0), (50, 0.5), (200, 1)]:
        gold = [generator.uniform(0, 5) for _ in range(count)]
        predicted = [value + generator.gauss(0, 1) for value in gold]
        if step:  # Ties.
            gold, predicted = ([round(value / step) * step for value in values]
                               for values in (gold, predicted))
        made.append({"predicted": predicted, "gold": gold,
                     "pearson": float(pearsonr(predicted, gold)[0]),
                     "spearman": float(spearmanr(predicted, gold)[0])})
    return made


def answers():
    """The regular expressions of LLM-Adapters' evaluation."""
    texts = [
        "", "none", "The answer is 42.", "1,234 of 5,678", "It is -3.5", "3-4", "1.2.3", "5.", ".5",
        "a-b 7", "--8", "- 9", "1, 2, 3", "$1,000.50!", "x=3e5", "007", "10 %", "true or false",
        "untrue", "False", "It is false, not true", "answer12", "the correct answer is answer3",
        "Answer1", "solution2 solution1", "ending4", "option1", "A", "\nRationale: B",
        "The answer is (C).", "Answer: D", "e E", " the correct answer is  true\n"]
    patterns = {
        "number": r"-?\d+\.?\d*", "letter": "A|B|C|D|E", "boolq": "true|false",
        "piqa": "solution1|solution2", "arc": "answer1|answer2|answer3|answer4|answer5"}
    made = []
    for text in texts:
        case = {"text": text}
        for name, pattern in patterns.items():
            found = re.findall(pattern, text.replace(",", "") if name == "number" else text.strip())
            if found:
                case[name] = float(found[-1]) if name == "number" else found[0]
        made.append(case)
    return made


(Path(__file__).parent / "metrics.json").write_text(json.dumps(
    {"labels": labels(), "numbers": numbers(), "answers": answers()},
    separators=(",", ":")) + "\n")
