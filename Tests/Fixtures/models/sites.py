"""Reads and edits the components of a transformers LLaMA, BERT or RoBERTa through forward hooks.

The sites are those of pyvene's LLaMA mapping, plus `mlp_hidden`. Every function works on one
unpadded sequence; activations are `[tokens, width]`.
"""

import contextlib
import dataclasses

import torch

# site: (module inside a decoder layer, which side of the module). `attention_input` and
# `mlp_input` are taken where they are made, at the norm: nothing else reads these tensors.
SITES = {
    "block_input": ("", "input"),
    "block_output": ("", "output"),
    "attention_input": ("input_layernorm", "output"),
    "attention_output": ("self_attn", "output"),
    "attention_value_output": ("self_attn.o_proj", "input"),
    "query_output": ("self_attn.q_proj", "output"),
    "key_output": ("self_attn.k_proj", "output"),
    "value_output": ("self_attn.v_proj", "output"),
    "mlp_input": ("post_attention_layernorm", "output"),
    "mlp_activation": ("mlp.act_fn", "output"),
    "mlp_hidden": ("mlp.down_proj", "input"),
    "mlp_output": ("mlp", "output"),
}

# The same of a Gemma 3, whose norms stand on both sides of attention and MLP: what a projection
# makes, and what is added to the residual stream.
GEMMA_SITES = SITES | {
    "attention_projection": ("self_attn", "output"),
    "attention_output": ("post_attention_layernorm", "output"),
    "mlp_input": ("pre_feedforward_layernorm", "output"),
    "mlp_projection": ("mlp", "output"),
    "mlp_output": ("post_feedforward_layernorm", "output"),
}

# The same of an encoder. `attention_input` and `mlp_input` are what the sub-layers read: the
# residual stream beside them is added where it isn't hooked.
ENCODER_SITES = {
    "block_input": ("", "input"),
    "block_output": ("", "output"),
    "attention_input": ("attention.self", "input"),
    "attention_output": ("attention.output.dense", "output"),
    "attention_value_output": ("attention.output.dense", "input"),
    "query_output": ("attention.self.query", "output"),
    "key_output": ("attention.self.key", "output"),
    "value_output": ("attention.self.value", "output"),
    "mlp_input": ("intermediate", "input"),
    "mlp_activation": ("intermediate.intermediate_act_fn", "output"),
    "mlp_hidden": ("output.dense", "input"),
    "mlp_output": ("output.dense", "output"),
}

# Sites of one head: the whole vector's site, of which head h is the h-th column block.
HEAD_SITES = {
    "head_attention_value_output": "attention_value_output",
    "head_query_output": "query_output",
    "head_key_output": "key_output",
    "head_value_output": "value_output",
}


@dataclasses.dataclass
class Interchange:
    """Rows `source_positions` of the source run, put at rows `base_positions` of the base run."""

    source: int
    site: str
    layer: int
    head: int | None
    base_positions: list[int]
    source_positions: list[int]

    @property
    def whole_site(self):
        return HEAD_SITES.get(self.site, self.site)

    def columns(self, config):
        """The columns that the interchange writes."""
        if self.head is None:
            return slice(None)
        width = getattr(config, "head_dim", config.hidden_size // config.num_attention_heads)
        return slice(self.head * width, (self.head + 1) * width)


def places_of(model):
    """A model's blocks, and where its sites are in one."""
    if model.config.model_type == "llama":
        return model.model.layers, SITES
    if model.config.model_type == "gemma3_text":
        return model.model.layers, GEMMA_SITES
    return model.base_model.encoder.layer, ENCODER_SITES


def heads_of(site, config):
    """How many heads a head site has."""
    grouped = site in ("head_key_output", "head_value_output")
    heads = config.num_attention_heads
    return getattr(config, "num_key_value_heads", heads) if grouped else heads


@contextlib.contextmanager
def hooked(model, functions):
    """Runs with `functions[(site, layer)]` called on each `[1, tokens, width]` tensor.

    What a function returns replaces the tensor; None leaves it.
    """
    handles = []
    blocks, sites = places_of(model)
    for (site, layer), function in functions.items():
        path, side = sites[site]
        module = blocks[layer].get_submodule(path)
        if side == "input":

            def before(_, arguments, function=function):
                replacement = function(arguments[0])
                return None if replacement is None else (replacement, *arguments[1:])

            handles.append(module.register_forward_pre_hook(before))
        else:

            def after(_, __, output, function=function):
                if not isinstance(output, tuple):
                    return function(output)
                replacement = function(output[0])
                return None if replacement is None else (replacement, *output[1:])

            handles.append(module.register_forward_hook(after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def logits_of(model, ids):
    """The logits `[tokens, vocabulary]` of a prompt."""
    options = {"use_cache": False} if model.config.model_type == "llama" else {}
    return model(input_ids=torch.tensor([ids]), **options).logits[0]


def captured(model, ids, sites=SITES, layers=None, retain_gradients=False):
    """The logits and every activation `[1, tokens, width]` of the asked sites and layers."""
    layers = range(model.config.num_hidden_layers) if layers is None else layers
    activations = {}

    def keep(key):
        def function(tensor):
            # A tensor of its own: an encoder's blocks add what the sub-layers read, too.
            tensor = tensor.view_as(tensor)
            if retain_gradients:
                tensor.retain_grad()
            activations[key] = tensor
            return tensor

        return function

    keys = [(site, layer) for site in sites for layer in layers]
    with hooked(model, {key: keep(key) for key in keys}):
        logits = logits_of(model, ids)
    return logits, activations


def edited(model, ids, functions):
    """The logits of a prompt whose `[tokens, width]` activations the functions replace."""

    def wrapped(function):
        return lambda tensor: function(tensor[0]).unsqueeze(0)

    with hooked(model, {key: wrapped(function) for key, function in functions.items()}):
        return logits_of(model, ids)


def interchanged(model, prompts, base, interchanges):
    """The logits of the base run under interchanges, each value read from an unedited run."""
    with torch.no_grad():
        by_place = {}
        for interchange in interchanges:
            place = (interchange.whole_site, interchange.layer)
            _, activations = captured(
                model, prompts[interchange.source], [place[0]], [place[1]]
            )
            columns = interchange.columns(model.config)
            values = activations[place][0][interchange.source_positions][:, columns]
            by_place.setdefault(place, []).append((interchange, columns, values))

        def write(edits):
            def function(activation):
                activation = activation.clone()
                for interchange, columns, values in edits:
                    activation[interchange.base_positions, columns] = values
                return activation

            return function

        return edited(
            model, prompts[base], {place: write(edits) for place, edits in by_place.items()}
        )
