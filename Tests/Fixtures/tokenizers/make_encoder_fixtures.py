#!/usr/bin/env python3
"""Makes the fixtures of the encoders' tokenizers: WordPiece, and the files that were before
`tokenizer.json`.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python make_encoder_fixtures.py

The vocabularies are trained here; running it again gives the same files.
"""

from tokenizers import (
    AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers)

from make_fixtures import CORPUS, HERE, TEXTS, byte_level_model, fuzz, save, write

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SCRIPTS = [
    "A naïve café, Ünïcödé & ÅNGSTRÖM İstanbul ẞ", "\u00e9 e\u0301 \u212b \u1e9b\u0323 q\u0307\u0323",
    "北京是中国的首都，2008年。 東京 \uf900\ufa0e \U00020000x", "鍵は戸棚の近くです カタカナ ｶﾅ",
    "찬장 근처에 \u1112\u1161\u11ab 있습니다", "المِفْتَاحُ قريبٌ، من الخزانة؟ ١٢٣",
    "हिन्दी में चाबियाँ हैं। \u0928\u093c क़", "שָׁלוֹם עולם", "กำลัง ภาษาไทย",
    "Ключ от ШКАФА лежит, ёлка Й", "Το ΚΛΕΙΔΊ είναι ΣΑΣ", "😀😀 👨\u200d👩\u200d👧 👍🏽 ❤️ 🇫🇷!",
    "tab\tnew\nline\r\nnull\x00bell\x07del\x7f\x85nel\u00a0nbsp\u3000wide\u2028sep",
    "zero\u200bwidth\u200djoin\ufeffbom\u00adsoft\ufffdbad\ue000priv\u0378no",
    "can't won't it's — “quoted” ‘single’ … ¿qué? ¡sí! (a)[b]{c}<d> $5.00 50% a_b c-d e/f @g #h ^i `j` ~k |l =m +n",
    "\u166d\u1885\u1734 \ua9bd\u2e43 \u061d", "x" * 100, "x" * 101, "é" * 100, "[MASK] of [mask] [SEP][CLS]x[UNK] [PAD]",
    "unbelievableness keysneare", "the##ing ##ing",
]
PAIRS = [
    ["The key is old.", "The keys are older!"], ["", "x"], ["a", ""], ["", ""],
    ["Où est la clé ?", "Elle est [MASK] ici."],
]


def pairs(tokenizer):
    made = []
    for first, second in PAIRS:
        encoding = tokenizer.encode(first, second)
        made.append({
            "first": first, "second": second, "ids": encoding.ids, "types": encoding.type_ids})
    return made


def make_wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=SPECIAL, show_progress=False))
    tokens = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    tokens += ["É", "The", "Key", "й", "##x", "x"]
    tokens = list(dict.fromkeys(tokens))
    vocabulary = {token: index for index, token in enumerate(tokens)}
    roles = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
             "cls_token": "[CLS]", "mask_token": "[MASK]"}
    texts = SCRIPTS + [text for text in TEXTS if "<" not in text][::2] + fuzz(10, 30)

    def made(normalizer):
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        tokenizer.add_special_tokens(
            [AddedToken(text, special=True, normalized=False) for text in SPECIAL])
        return tokenizer

    lower = made(normalizers.BertNormalizer())
    marks = [(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")]
    lower.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks)
    save("bert", lower, texts, {**roles, "do_lower_case": True})
    write("bert/pairs.json", pairs(lower))
    (HERE / "bert/vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")

    # The same vocabulary, with capitals and accents, as `vocab.txt` alone.
    cased = made(normalizers.BertNormalizer(lowercase=False))
    cased.post_processor = processors.BertProcessing(marks[1], marks[0])
    save("bert-cased", cased, texts, {**roles, "do_lower_case": False})
    write("bert-cased/pairs.json", pairs(cased))
    (HERE / "bert-cased/tokenizer.json").unlink()
    (HERE / "bert-cased/vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")


def make_older_byte_level():
    """RoBERTa's `vocab.json` and `merges.txt`."""
    byte_level, merges = byte_level_model()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    spelled = [token for token in sorted(byte_level, key=byte_level.get) if not token.startswith("<|")]
    vocabulary = {token: index for index, token in enumerate(special + spelled + ["<mask>"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in special]
        + [AddedToken("<mask>", special=True, normalized=False, lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", vocabulary["</s>"]), ("<s>", vocabulary["<s>"]), add_prefix_space=False)
    texts = SCRIPTS + ["a <mask>  b", "x<mask>", "<s>x</s> <unk>"]
    save("roberta-older", tokenizer, texts, {
        "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>",
        "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": {"content": "<mask>", "lstrip": True}})
    write("roberta-older/pairs.json", pairs(tokenizer))
    (HERE / "roberta-older/tokenizer.json").unlink()
    write("roberta-older/vocab.json", vocabulary)
    lines = ["#version: 0.2"] + [" ".join(pair) for pair in merges]
    (HERE / "roberta-older/merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make_wordpiece()
    make_older_byte_level()
