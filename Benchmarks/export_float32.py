"""Writes a GGUF model as a float32 safetensors folder, so that both sides load the same weights.

    python export_float32.py MODEL.gguf FOLDER

The blocks of the GGUF file are widened by transformers' own reader. The folder is written beside
its place and moved there when it is complete and checked; a folder that is there is kept.
"""

import argparse
import copy
import pathlib
import shutil
import sys

import gguf
import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def stored_tensor(reader, name):
    """A tensor of the GGUF file as float32, or None."""
    for tensor in reader.tensors:
        if tensor.name == name:
            return gguf.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
    return None


def check_head(model, reader):
    """The output head must be the file's own, and the embeddings' where the file has none.

    Versions of transformers have left a tied head at its random initial values.
    """
    embeddings = stored_tensor(reader, "token_embd.weight")
    head = stored_tensor(reader, "output.weight")
    expected = torch.from_numpy(embeddings if head is None else head)
    if not torch.equal(model.get_output_embeddings().weight.float(), expected):
        sys.exit("export_float32: transformers did not load the file's output head")
    if not torch.equal(model.get_input_embeddings().weight.float(), torch.from_numpy(embeddings)):
        sys.exit("export_float32: transformers did not load the file's embeddings")
    return head is None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gguf", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.folder.exists():
        return
    if not arguments.gguf.is_file():
        sys.exit(f"export_float32: no such file: {arguments.gguf}")

    where = {"gguf_file": arguments.gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(arguments.gguf.parent, **where)
    model = AutoModelForCausalLM.from_pretrained(
        arguments.gguf.parent, dtype=torch.float32, **where
    )
    tied = check_head(model, gguf.GGUFReader(arguments.gguf))

    # transformers refuses to save a model that came from a GGUF file, so an equal one is saved.
    config = copy.deepcopy(model.config)
    config.tie_word_embeddings = tied
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(model.state_dict())

    part = arguments.folder.with_name(arguments.folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    tokenizer.save_pretrained(part)
    plain.save_pretrained(part)

    # What is read back is what was in memory: a tied head is stored once and must come back tied.
    again = AutoModelForCausalLM.from_pretrained(part, dtype=torch.float32)
    state, read = model.state_dict(), again.state_dict()
    if state.keys() != read.keys() or not all(torch.equal(state[k], read[k]) for k in state):
        sys.exit("export_float32: the folder does not hold the same weights")
    shared = again.get_output_embeddings().weight.data_ptr() == (
        again.get_input_embeddings().weight.data_ptr()
    )
    if shared != tied:
        sys.exit("export_float32: the output head is tied in one model and not in the other")
    part.rename(arguments.folder)


if __name__ == "__main__":
    main()
