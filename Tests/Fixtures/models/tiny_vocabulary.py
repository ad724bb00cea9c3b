"""A byte-level BPE vocabulary of 61 tokens: lower-case English, digits, some punctuation."""

import json
import string

from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

END_OF_TEXT = "<|endoftext|>"
# In byte-level BPE a space is written Ġ and a line break Ċ.
CHARACTERS = [*string.ascii_lowercase, *string.digits, *".,!?'-", "Ġ", "Ċ"]
MERGES = [
    ("Ġ", "t"),
    ("h", "e"),
    ("Ġt", "he"),
    ("Ġ", "a"),
    ("i", "n"),
    ("r", "e"),
    ("o", "n"),
    ("Ġ", "s"),
    ("n", "d"),
    ("Ġa", "nd"),
    ("e", "r"),
    ("in", "g"),
    ("o", "u"),
    ("a", "t"),
    ("1", "2"),
    ("Ġ", "Ġ"),
]
TOKENS = [END_OF_TEXT, *CHARACTERS, *(left + right for left, right in MERGES)]
TEXTS = [
    "the cat and the dog",
    "there was a king, on a hill.",
    "it's 1234 or 12 12?\n\nyes!",
    "a   b  c ",
    "one<|endoftext|>two",
]


def tokenizer():
    vocabulary = {token: index for index, token in enumerate(TOKENS)}
    result = Tokenizer(BPE(vocab=vocabulary, merges=MERGES))
    result.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    result.decoder = decoders.ByteLevel()
    result.add_special_tokens([AddedToken(END_OF_TEXT, special=True, normalized=False)])
    return result


def encode(text):
    result = tokenizer()
    ids = result.encode(text).ids
    assert result.decode(ids, skip_special_tokens=False) == text, text
    return ids


def write_tokenizer(folder, size):
    assert len(TOKENS) == len(set(TOKENS)) == size, len(TOKENS)
    tokenizer().save(str(folder / "tokenizer.json"))
    settings = {
        "add_prefix_space": False,
        "bos_token": END_OF_TEXT,
        "eos_token": END_OF_TEXT,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": END_OF_TEXT,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
