"""llama.cpp's functions themselves, for what its server doesn't run: an encoder with a decoder."""

import ctypes
import pathlib

import numpy as np
import xllamacpp

Pointer = ctypes.c_void_p
Number = ctypes.c_int32


class Settings(ctypes.Structure):
    """Settings that are passed on as they are given: at least as large as any of them."""

    _fields_ = [("bytes", ctypes.c_byte * 2048)]


class Batch(ctypes.Structure):
    _fields_ = [
        ("count", Number),
        ("tokens", ctypes.POINTER(Number)),
        ("embeddings", Pointer),
        ("positions", ctypes.POINTER(Number)),
        ("sequence_counts", ctypes.POINTER(Number)),
        ("sequences", ctypes.POINTER(ctypes.POINTER(Number))),
        ("wanted", ctypes.POINTER(ctypes.c_int8)),
    ]


def library():
    """The library, with the types of the functions that are called."""
    file = next(pathlib.Path(xllamacpp.__file__).parent.glob("*.so"))
    functions = ctypes.CDLL(str(file))
    types = {
        "llama_backend_init": (None, []),
        "llama_model_default_params": (Settings, []),
        "llama_context_default_params": (Settings, []),
        "llama_model_load_from_file": (Pointer, [ctypes.c_char_p, Settings]),
        "llama_init_from_model": (Pointer, [Pointer, Settings]),
        "llama_batch_init": (Batch, [Number, Number, Number]),
        "llama_encode": (Number, [Pointer, Batch]),
        "llama_decode": (Number, [Pointer, Batch]),
        "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), [Pointer, Number]),
    }
    for name, (result, arguments) in types.items():
        function = getattr(functions, name)
        function.restype, function.argtypes = result, arguments
    functions.llama_backend_init()
    return functions


def batch_of(functions, ids):
    batch = functions.llama_batch_init(len(ids), 0, 1)
    batch.count = len(ids)
    for position, token in enumerate(ids):
        batch.tokens[position] = token
        batch.positions[position] = position
        batch.sequence_counts[position] = 1
        batch.sequences[position][0] = 0
        batch.wanted[position] = 1
    return batch


def decoded(path, ids, decoder_ids, count):
    """The logits `[tokens, vocabulary]` of what the decoder reads."""
    functions = library()
    model = functions.llama_model_load_from_file(
        str(path).encode(), functions.llama_model_default_params()
    )
    context = functions.llama_init_from_model(model, functions.llama_context_default_params())
    assert functions.llama_encode(context, batch_of(functions, ids)) == 0
    assert functions.llama_decode(context, batch_of(functions, decoder_ids)) == 0
    rows = range(len(decoder_ids))
    return np.array([functions.llama_get_logits_ith(context, row)[:count] for row in rows])
