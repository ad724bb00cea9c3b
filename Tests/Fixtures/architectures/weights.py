"""Random weights with which everything in a model matters."""

import torch
from torch import nn


def randomize(model, form, seed):
    """Projections keep the size of what they read; norms' weights and biases vary by a third."""
    generator = torch.Generator().manual_seed(seed)
    tied = bool(getattr(model.config, "tie_word_embeddings", False)) and form.kind != "classifier"
    owners = {
        f"{path}.{name}".lstrip("."): module
        for path, module in model.named_modules()
        for name, _ in module.named_parameters(recurse=False)
    }
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(scaled(name, noise, owners[name], tied))
        if form.weights:
            form.weights(model, generator)


def scaled(name, noise, owner, tied):
    kind = type(owner).__name__
    if "Norm" in kind and name.endswith("weight"):
        centered = "Gemma" in kind or "1P" in kind
        return 0.3 * noise if centered else 1 + 0.3 * noise
    if noise.dim() == 1:
        return 0.3 * noise
    if isinstance(owner, nn.Embedding):
        return (0.4 if tied else 0.8) * noise
    reads = noise.shape[0] if kind == "Conv1D" else noise.shape[-1]
    return 1.2 * noise / reads**0.5
