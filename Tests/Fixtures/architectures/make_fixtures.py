"""Writes tiny random checkpoints of every architecture and what transformers computes with them.

    python make_fixtures.py [FORM...]

Needs torch, transformers and safetensors. Writes the same bytes each time. README.md lists the
keys. Without names all forms are written.
"""

import copy
import json
import pathlib
import random
import sys
import tempfile
import zlib

import torch
from safetensors.torch import load_file, save_file
from transformers.utils.logging import disable_progress_bar

from checks import check_files, check_stream, check_switches, close
from decoder_variants import DECODER_VARIANTS
from decoders import DECODERS
from encoder_decoders import ENCODER_DECODERS
from encoders import ENCODERS
from forms import FIRST_ID
from fused_decoders import FUSED_DECODERS
from gguf_forms import STORED
from more_decoders import MORE_DECODERS
from older_settings import older_settings
from older_weights import older_weights
from running import double_precision
from texts import Text, logits_of, read_out, run
from weights import randomize

FORMS = [
    *DECODERS,
    *MORE_DECODERS,
    *FUSED_DECODERS,
    *DECODER_VARIANTS,
    *ENCODERS,
    *ENCODER_DECODERS,
]
HERE = pathlib.Path(__file__).parent
SHORT, LONG = 7, 20
# The length of what an encoder-decoder's decoder reads.
DECODED = {SHORT: 4, LONG: 9}
# Of these the gradient is kept too; of the blocks' inputs only the first block's.
GRADIENTS = ("block_input", "attention_output", "mlp_output", "query_output", "value_output")
KEY_BIASES = ("k_proj.bias", "pos_key_proj.bias", "key.bias", "k_lin.bias", "attn.k.bias")
LARGEST_FOLDER = 250_000


def token_ids(generator, count, vocabulary):
    return [generator.randrange(FIRST_ID, vocabulary) for _ in range(count)]


def as_in_the_file(model, tensors, folder):
    """Tensors of a model's parameters under the names that its checkpoint has for them."""
    model = copy.deepcopy(model).float()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        stored = load_file(pathlib.Path(scratch) / "model.safetensors")
    buffers = {name for name, _ in model.named_buffers()}
    return {name: tensor for name, tensor in stored.items() if name not in buffers}


def rounded(tensor):
    return tensor.detach().to(torch.float32).contiguous().clone()


class Reference:
    """A model's run on a text: values, gradients of the loss."""

    def __init__(self, model, form, text):
        model.zero_grad()
        self.run = run(model, form, text)
        text.loss(self.run.logits).backward()
        self.values = self.of_all("site", self.run.value, lambda stack: stack.sites, None)
        for stack in self.run.stacks:
            for component in stack.sites:
                found = f"{stack.prefix}site.{component}."
                assert any(name.startswith(found) for name in self.values), (form.name, found)
        self.gradients = self.of_all("gradient", self.run.gradient, lambda _: GRADIENTS, 1)
        self.weights = {
            name: torch.zeros_like(p) if p.grad is None else p.grad.clone()
            for name, p in model.named_parameters()
        }

    def of_all(self, kind, read, components, first):
        """What is read of all stacks, components and layers; of inputs only of the `first` ones."""
        return {
            f"{stack.prefix}{kind}.{component}.{layer}": value
            for stack in self.run.stacks
            for component in components(stack)
            if component in stack.sites
            for layer in range(len(stack.blocks))[: first if component == "block_input" else None]
            if (value := read(stack, component, layer)) is not None
        }


def references(model, form, text):
    """The reference in float64, checked against the one in float32."""
    single = Reference(model, form, text)
    with double_precision():
        double = Reference(copy.deepcopy(model).double(), form, text)
    assert double.run.logits.dtype is torch.float64
    close("logits", single.run.logits, double.run.logits, 1e-5, double.run.logits.abs().max())
    for kind, limit in (("values", 1e-5), ("gradients", 3e-6), ("weights", 3e-6)):
        of_single, of_double = getattr(single, kind), getattr(double, kind)
        for name, tensor in of_double.items():
            assert tensor.dtype is torch.float64, name
        largest = max(tensor.abs().max().item() for tensor in of_double.values())
        for name, tensor in of_double.items():
            close(name, of_single[name], tensor, limit, largest)
    return double


def save(model, form, folder):
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **form.written}
    write_settings(path, config)
    older = older_settings(config)
    if older is not None:
        write_settings(folder / "config-older.json", older)
    older = older_weights(config, load_file(folder / "model.safetensors"))
    if older is not None:
        save_file(older, folder / "model-older.safetensors", {"format": "pt"})


def write_settings(path, settings):
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


def make(form):
    seed = zlib.crc32(form.name.encode()) + form.seed
    torch.manual_seed(seed)
    model = form.make()
    randomize(model, form, seed)
    generator = random.Random(seed)
    vocabulary = model.config.vocab_size
    texts = {}
    for name, length in (("short", SHORT), ("long", LONG)):
        ids = token_ids(generator, length, vocabulary)
        both = form.kind == "encoder-decoder"
        decoder_ids = token_ids(generator, DECODED[length], vocabulary) if both else []
        texts[name] = Text(form, ids, decoder_ids)
    folder = HERE / form.name
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    save(model, form, folder)

    expected = {}
    for name, text in texts.items():
        for part, ids in text.stored().items():
            expected[f"{name}.{part}"] = torch.tensor(ids, dtype=torch.int32)
    text = texts["long"]
    reference = references(model, form, text)
    logits = logits_of(model, form, text)
    check_files(folder, form, text, logits)
    check_switches(model, form, text, logits)
    check_stream(form, reference.run)
    expected["long.logits"] = reference.run.logits
    for name, tensor in {**reference.values, **reference.gradients}.items():
        expected[f"long.{name}"] = tensor
    for name, tensor in as_in_the_file(model, reference.weights, folder).items():
        expected[f"weight-gradient.{name}"] = tensor
        # What is the same in all keys changes no score.
        nothing = not tensor.abs().max() > 1e-6
        assert not nothing or name.endswith(KEY_BIASES), f"{form.name}: nothing depends on {name}"
    with double_precision(), torch.no_grad():
        double = copy.deepcopy(model).double()
        expected["short.logits"] = logits_of(double, form, texts["short"])
        clean = read_out(form, expected["long.logits"])
        for stack in reference.run.stacks:
            logits = patched(double, form, text, stack.prefix)
            expected[f"patched.{stack.prefix}logits"] = logits
            effect = (logits - clean).abs().max().item()
            assert effect > 1e-3, f"{form.name}: the interchange changes logits by {effect:.1e}"
    if form.kind == "classifier":
        expected["long.logits"] = expected["long.logits"][None]
        expected["short.logits"] = expected["short.logits"][None]
    ids = {name: value for name, value in expected.items() if value.dtype == torch.int32}
    numbers = {name: rounded(value) for name, value in expected.items() if name not in ids}
    assert all(value.isfinite().all() for value in numbers.values())
    save_file({**ids, **numbers}, folder / "expected.safetensors")
    for path in folder.iterdir():
        path.chmod(0o644)
    size = sum(path.stat().st_size for path in folder.iterdir())
    spread = reference.run.logits.std().item()
    print(f"{form.name}: {size / 1000:.0f} kB, logits ± {spread:.1f}", flush=True)
    assert size <= LARGEST_FOLDER, size
    return described(form, model)


def patched(model, form, text, prefix):
    """The logits that are read out when block 0's output at one position is another text's."""
    position = len(text.read(prefix)) - 4
    other = []

    def read(tensor):
        other.append(tensor[:, position].clone())
        return tensor

    def write(tensor):
        tensor = tensor.clone()
        tensor[:, position] = other[0]
        return tensor

    logits_of(model, form, text.reversed(prefix), {(prefix, 0): read})
    return read_out(form, logits_of(model, form, text, {(prefix, 0): write}))


def described(form, model):
    return {
        "name": form.name,
        "model_type": model.config.model_type,
        "architectures": [type(model).__name__],
        "kind": form.kind,
        "peculiarities": [*form.switches, *form.notes],
        "gguf": list(STORED[form.name].holds) if form.name in STORED else [],
    }


def main():
    torch.set_num_threads(1)
    disable_progress_bar()
    names = sys.argv[1:] or [form.name for form in FORMS]
    index_path = HERE / "index.json"
    stored = json.loads(index_path.read_text()) if index_path.exists() else []
    index = {row["name"]: row for row in stored}
    for form in FORMS:
        if form.name in names:
            index[form.name] = make(form)
    known = [index[form.name] for form in FORMS if form.name in index]
    rows = [json.dumps(row, ensure_ascii=False) for row in known]
    index_path.write_text("[\n  " + ",\n  ".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
