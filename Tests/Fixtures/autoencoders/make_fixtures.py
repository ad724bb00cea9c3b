"""Writes tiny sparse autoencoders as the tools keep them: `python make_fixtures.py` (numpy, safetensors).

Element (i, j) of a matrix is ((7 i + 3 j) mod 11 - 5) / 10, element i of a vector ((5 i) mod 7 - 3) / 10.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent
WIDTH, FEATURES = 16, 24


def matrix(rows, columns):
    i, j = np.indices((rows, columns))
    return (((7 * i + 3 * j) % 11 - 5) / 10).astype(np.float32)


def vector(count):
    return ((5 * np.arange(count) % 7 - 3) / 10).astype(np.float32)


def write(name, file, tensors, settings):
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    if file.endswith(".npz"):
        np.savez(folder / file, **tensors)
    else:
        save_file(tensors, folder / file)
    if settings is not None:
        (folder / "cfg.json").write_text(json.dumps(settings) + "\n")


lens = {
    "W_enc": matrix(WIDTH, FEATURES),
    "W_dec": matrix(FEATURES, WIDTH),
    "b_enc": vector(FEATURES),
    "b_dec": vector(WIDTH),
}
threshold = np.abs(vector(FEATURES))
write("saelens", "sae_weights.safetensors", lens,
      {"architecture": "standard", "d_in": WIDTH, "d_sae": FEATURES, "apply_b_dec_to_input": True})
write("gemma-scope", "params.npz", {**lens, "threshold": threshold}, None)
write("sparsify", "sae.safetensors",
      {"encoder.weight": matrix(FEATURES, WIDTH), "encoder.bias": vector(FEATURES),
       "W_dec": matrix(FEATURES, WIDTH), "b_dec": vector(WIDTH)},
      {"k": 4, "d_in": WIDTH, "expansion_factor": 2, "num_latents": FEATURES})
write("dictionary-learning", "ae.safetensors",
      {"encoder.weight": matrix(FEATURES, WIDTH), "encoder.bias": vector(FEATURES),
       "decoder.weight": matrix(WIDTH, FEATURES), "bias": vector(WIDTH)}, None)
