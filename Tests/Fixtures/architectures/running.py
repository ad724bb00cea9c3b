"""Runs a model, keeps what its blocks compute, and replaces some of it."""

import contextlib
import dataclasses
import sys

import torch


@contextlib.contextmanager
def double_precision():
    """Everything in float64, also what the reference computes in float32 whatever its type."""
    saved = torch.float32, torch.float, torch.Tensor.float, torch.get_default_dtype()
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.float32, torch.float, torch.Tensor.float, _ = saved
        torch.set_default_dtype(saved[3])


@dataclasses.dataclass
class Stack:
    """Blocks that follow each other, and where their components are.

    A model has one, or an encoder's, whose prefix is `encoder.`, and a decoder's.
    """

    prefix: str
    blocks: list
    sites: dict


def blocks_of(model, path):
    """The blocks in the order in which they run; some models run one several times."""
    blocks = list(model.get_submodule(path))
    return blocks if len(blocks) > 1 else blocks * model.config.num_hidden_layers


def layers_of(blocks):
    """Of each block the layers that it is."""
    layers = {}
    for layer, block in enumerate(blocks):
        layers.setdefault(block, []).append(layer)
    return layers


def numbered(layers, function):
    """Calls a function with the layer that a module is this time.

    A module may be called again for something else, after it was all its layers.
    """
    remaining = iter(layers)

    def call(tensor):
        layer = next(remaining, None)
        return tensor if layer is None else function(layer, tensor)

    return call


class Run:
    """One pass of a model: its logits, and what was asked for at every block.

    `edits[prefix, layer]` replaces a block's output: a function of the `[1, tokens, width]` tensor.
    """

    def __init__(self, model, stacks, inputs, edits=None):
        self.stacks = stacks
        self.taps = {}
        handles = []
        with contextlib.ExitStack() as open_hooks:
            for stack in stacks:
                for block, layers in layers_of(stack.blocks).items():
                    for place in sorted({(site.path, site.side) for site in stack.sites.values()}):
                        handles += self.hook(stack.prefix, block, layers, *place)
                    if edits:
                        edit = edited(stack.prefix, layers, edits)
                        handles.append(block.register_forward_hook(after(edit)))
                open_hooks.enter_context(self.attention_hooked(stack))
                open_hooks.enter_context(self.rotation_hooked(stack))
            self.logits = model(**inputs).logits[0]
        for handle in handles:
            handle.remove()

    def keep(self, key, tensor):
        tap = tensor.clone()
        if tap.requires_grad:
            tap.retain_grad()
        assert key not in self.taps, key
        self.taps[key] = tap
        # A copy goes on: what is changed in place later is not what was read here.
        return tap.clone()

    def hook(self, prefix, block, layers, path, side):
        def read(layer, tensor):
            return self.keep((prefix, layer, path, side), tensor)

        keep = numbered(layers, read)
        try:
            module = block.get_submodule(path)
        except AttributeError:
            # Blocks of one model differ where only some have experts.
            return []
        if side == "input":
            return [module.register_forward_pre_hook(before(keep), with_kwargs=True)]
        if side == "output":
            return [module.register_forward_hook(after(keep))]
        return []

    @contextlib.contextmanager
    def attention_hooked(self, stack):
        """Keeps the keys that the attention functions of the blocks' files are called with."""
        keyed = [site for site in stack.sites.values() if site.side == "key"]
        owners = {
            id(module): (iter(layers), path)
            for block, layers in layers_of(stack.blocks).items()
            for path, module in block.named_modules()
        }
        file = sys.modules[type(stack.blocks[0]).__module__]
        original = getattr(file, "eager_attention_forward", None)

        def attention(module, query, key, value, *arguments, **options):
            layers, path = owners.get(id(module), (iter(()), ""))
            layer = next(layers, None)
            for site in keyed if layer is not None else []:
                if site.path in ("", path):
                    rows = key[0].transpose(0, 1).flatten(1)
                    self.taps[(stack.prefix, layer, site.path, "key")] = rows.clone()
            return original(module, query, key, value, *arguments, **options)

        if original is not None and keyed:
            file.eager_attention_forward = attention
        try:
            yield
        finally:
            if original is not None:
                file.eager_attention_forward = original

    @contextlib.contextmanager
    def rotation_hooked(self, stack):
        """Keeps the keys that the rotations give, one after another the blocks'."""
        file = sys.modules[type(stack.blocks[0]).__module__]
        wanted = any(site.side == "rotation" for site in stack.sites.values())
        original = getattr(file, "apply_rotary_pos_emb", None)
        rotated = []

        def rotation(*arguments, **options):
            query, key = original(*arguments, **options)
            rows = key[0].transpose(0, 1).flatten(1)
            self.taps[(stack.prefix, len(rotated), "", "rotation")] = rows.clone()
            rotated.append(key)
            return query, key

        if wanted:
            file.apply_rotary_pos_emb = rotation
        try:
            yield
        finally:
            if wanted:
                file.apply_rotary_pos_emb = original
                assert len(rotated) == len(stack.blocks)

    def value(self, stack, component, layer):
        """The component's rows, or nothing where the block has none of it."""
        site = stack.sites[component]
        tap = self.taps.get((stack.prefix, layer, site.path, site.side))
        return None if tap is None else site.rows(tap.detach()) * site.scale

    def gradient(self, stack, component, layer):
        site = stack.sites[component]
        tap = self.taps.get((stack.prefix, layer, site.path, site.side))
        return None if tap is None else site.rows(tap.grad) / site.scale


def edited(prefix, layers, edits):
    def edit(layer, tensor):
        return edits.get((prefix, layer), lambda same: same)(tensor)

    return numbered(layers, edit)


def before(function):
    """A hook that replaces a module's first tensor."""

    def hook(_, arguments, options):
        if arguments:
            return (function(arguments[0]), *arguments[1:]), options
        return arguments, {**options, "hidden_states": function(options["hidden_states"])}

    return hook


def after(function):
    """A hook that replaces the tensor that a module returns, or the first of several."""

    def hook(_, __, output):
        if isinstance(output, tuple):
            return (function(output[0]), *output[1:])
        return function(output)

    return hook
