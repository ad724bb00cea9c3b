"""What a form is: an architecture with its settings, and where its components are in a block."""

import dataclasses
from collections.abc import Callable

import torch
import transformers

# The ids that texts are made of begin here: those below stand for special tokens.
FIRST_ID = 3
VOCABULARY = 48
SPECIAL = dict(bos_token_id=0, eos_token_id=1, pad_token_id=2)


@dataclasses.dataclass(frozen=True)
class Site:
    """A tensor that a block computes: a module's input or output, or a part of it.

    `side` is `input`, `output`, or where keys are taken: `key`, those that the attention function
    gets, or `rotation`, those that the rotation gives.
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


def rotated_keys(heads, every):
    """The same where attention isn't a function of its own; of repeated keys one of `every`."""

    def part(rows):
        return rows.reshape(rows.shape[0], heads, -1)[:, ::every].flatten(1)

    return Site("", "rotation", part)


def columns(first, last):
    """A part of fused columns."""
    return lambda rows: rows[:, first:last]


def interleaved(heads, number, count=3):
    """The `number`-th of `count` vectors that lie beside each other in each head."""

    def part(rows):
        width = rows.shape[1] // heads // count
        return rows.reshape(rows.shape[0], heads, count, width)[:, :, number].flatten(1)

    return part


def grouped(heads, groups, name):
    """A part of rows that hold for each group its queries, one key and one value."""

    def part(rows):
        count = heads // groups + 2
        fused = rows.reshape(rows.shape[0], groups, count, -1)
        chosen = {"query": slice(0, -2), "key": slice(-2, -1), "value": slice(-1, None)}[name]
        return fused[:, :, chosen].flatten(1)

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
    encoder_blocks: str = ""
    encoder_sites: Callable | None = None
    weights: Callable | None = None
    # Whether the head has weights of its own although the settings tie it.
    untied: bool = False
    written: dict = dataclasses.field(default_factory=dict)
    attention: str = "eager"
    # Whether the model is told of which of two texts a token is.
    types: bool = False
    # Whether what the sub-layers add is normed together with the stream.
    post_norm: bool = False
    # Changed where float32 happens to be inaccurate with the weights that come of it.
    seed: int = 0

    def make(self, **replaced):
        settings = {**SPECIAL, "vocab_size": VOCABULARY, **self.settings, **replaced}
        settings = {key: value for key, value in settings.items() if value is not ...}
        model = self.model(self.config(**settings, **self.implementation)).float().eval()
        if self.untied:
            model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
        return model

    @property
    def implementation(self):
        """The way in which transformers computes it: one operation after another."""
        return dict(attn_implementation=self.attention, experts_implementation="eager")


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


def decoder(name, prefix, sites, settings, switches, blocks="model.layers", kind="decoder", **more):
    """A decoder's form; its classes are found by the architecture's name."""
    head = "LMHeadModel" if prefix == "GPT2" else "ForCausalLM"
    if kind == "classifier":
        head = "ForSequenceClassification"
    return Form(
        name,
        getattr(transformers, prefix.removesuffix("Text") + head),
        getattr(transformers, f"{prefix}Config"),
        settings,
        blocks,
        sites,
        switches,
        kind,
        **more,
    )


def encoder(name, model, config, sites, settings, switches, blocks, kind="encoder", **more):
    """An encoder's form; most norm the stream together with what is added to it."""
    return Form(
        name,
        getattr(transformers, model),
        getattr(transformers, config),
        settings,
        blocks,
        sites,
        switches,
        kind,
        **{"post_norm": True, **more},
    )


def encoder_decoder(name, prefix, sites, encoder_sites, settings, switches, blocks, **more):
    """The form of a model with two stacks of blocks, the encoder's and the decoder's."""
    encoder_blocks, decoder_blocks = blocks
    return Form(
        name,
        getattr(transformers, f"{prefix}ForConditionalGeneration"),
        getattr(transformers, f"{prefix}Config"),
        settings,
        decoder_blocks,
        sites,
        switches,
        "encoder-decoder",
        encoder_blocks=encoder_blocks,
        encoder_sites=encoder_sites,
        **more,
    )
