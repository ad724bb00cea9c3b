"""What has to be true of a form before it is kept."""

import copy
import pathlib
import shutil
import tempfile

import torch

from texts import logits_of


def close(name, single, double, limit, largest):
    distance = (single.double() - double).abs().max().item()
    assert distance <= limit * largest, f"{name}: float32 is {distance / largest:.1e} away"


def check_stream(form, run):
    """What the sub-layers add is what the stream grows by."""
    for stack in [] if form.post_norm else run.stacks:
        for layer in range(len(stack.blocks)):

            def value(component):
                return run.value(stack, component, layer)

            stream = value("block_input")
            for added, reached in [
                ("attention_output", "resid_mid"),
                ("cross_attention_output", "resid_mid_cross"),
                ("mlp_output", "block_output"),
            ]:
                if added in stack.sites:
                    stream = stream + value(added)
                if reached in stack.sites:
                    place = (form.name, layer, reached)
                    assert torch.allclose(stream, value(reached), atol=1e-9), place


def check_switches(model, form, text, logits):
    """Each peculiarity matters: without it the logits are others."""
    for name, switch in form.switches.items():
        if callable(switch):
            other = copy.deepcopy(model)
            switch(other)
        else:
            other = form.make(**switch)
            weights = {
                key: value
                for key, value in model.state_dict().items()
                if other.state_dict().get(key, torch.empty(0)).shape == value.shape
            }
            assert weights
            other.load_state_dict(weights, strict=False)
        distance = (logits_of(other, form, text) - logits).abs().max().item()
        # The two GELUs are nowhere farther apart than 5e-4.
        least = 2e-4 if "GELU" in name else 1e-3
        assert distance > least, f"{form.name}: {name} changes the logits by {distance:.1e}"


def check_files(folder, form, text, logits):
    """The files hold the model, also those of earlier versions."""
    for settings in sorted(folder.glob("config*.json")):
        for weights in sorted(folder.glob("model*.safetensors")):
            with tempfile.TemporaryDirectory() as scratch:
                shutil.copy(settings, pathlib.Path(scratch) / "config.json")
                shutil.copy(weights, pathlib.Path(scratch) / "model.safetensors")
                model = form.model.from_pretrained(scratch, **form.implementation)
            model = model.float().eval()
            distance = (logits_of(model, form, text) - logits).abs().max().item()
            told = f"{form.name}: {settings.name}, {weights.name} are {distance:.1e} away"
            assert distance == 0, told
