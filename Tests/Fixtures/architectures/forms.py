"""What a form is: an architecture with its settings, and where its components are in a block."""

import dataclasses
from collections.abc import Callable

# The ids that texts are made of begin here: those below stand for special tokens.
FIRST_ID = 3
VOCABULARY = 48
SPECIAL = dict(bos_token_id=0, eos_token_id=1, pad_token_id=2)


@dataclasses.dataclass(frozen=True)
class Site:
    """A tensor that a block computes: a module's input or output, or a part of it.

    `side` is `input`, `output`, or `key`: the keys that the attention function gets.
    `part` takes the `[tokens, width]` rows to the component's rows. `scale` is what those are
    multiplied with.
    """

    path: str
    side: str
    part: Callable | None = None
    scale: float = 1.0

    def rows(self, tensor):
        rows = tensor.reshape(-1, tensor.shape[-1])
        return rows if self.part is None else self.part(rows)


def into(path, part=None):
    """The first argument of a module of the block."""
    return Site(path, "input", part)


def out(path, part=None, scale=1.0):
    """What a module of the block returns."""
    return Site(path, "output", part, scale)


# Keys as the attention reads them: after norms and rotation, before they are repeated.
KEYS = Site("", "key")


def columns(first, last):
    """A part of fused columns."""
    return lambda rows: rows[:, first:last]


def interleaved(heads, number, count=3):
    """The `number`-th of `count` vectors that lie beside each other in each head."""

    def part(rows):
        width = rows.shape[1] // heads // count
        return rows.reshape(rows.shape[0], heads, count, width)[:, :, number].flatten(1)

    return part


@dataclasses.dataclass
class Form:
    """An architecture with settings of its own.

    `switches` names what is particular about the form and how to do without it: settings that
    replace the form's, or a function that changes the model. `written` are settings as they stand
    in `config.json` instead of what transformers makes of them.
    """

    name: str
    model: type
    config: type
    settings: dict
    blocks: str
    sites: Callable
    switches: dict = dataclasses.field(default_factory=dict)
    kind: str = "decoder"
    notes: list = dataclasses.field(default_factory=list)
    weights: Callable | None = None
    written: dict = dataclasses.field(default_factory=dict)

    def make(self, **replaced):
        settings = {**SPECIAL, "vocab_size": VOCABULARY, **self.settings, **replaced}
        settings = {key: value for key, value in settings.items() if value is not ...}
        return self.model(self.config(**settings, attn_implementation="eager")).float().eval()


def without(*endings):
    """A switch that sets to nothing the parameters whose names end so."""

    def change(model):
        found = [p for name, p in model.named_parameters() if name.endswith(endings)]
        assert found, endings
        for parameter in found:
            parameter.data.zero_()

    return change


def plain(*endings, value=1.0):
    """A switch that sets norms' weights to one (or what leaves the norm's result alone)."""

    def change(model):
        found = [p for name, p in model.named_parameters() if name.endswith(endings)]
        assert found, endings
        for parameter in found:
            parameter.data.fill_(value)

    return change
