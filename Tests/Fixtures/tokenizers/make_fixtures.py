#!/usr/bin/env python3
"""Makes the tokenizer fixtures: small vocabularies, and what the references do with them.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python make_fixtures.py

The vocabularies are trained here on the few texts below; running it again gives the same files.
"""

import io
import json
import random
import unicodedata
from pathlib import Path

import sentencepiece
from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
    trainers)

HERE = Path(__file__).parent

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
         r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

CORPUS = """
Once upon a time there was a little girl named Lily. She loved to play outside in the park.
The key near the cabinets is old; the keys near the cabinet are older. They're the ones I've seen.
The capital of France is Paris, and the capital of Japan is Tokyo. Isn't it? It's what we'll say.
When Mary and John went to the store, John gave a drink to Mary. THEY'RE LOUD, HE'D SAID.
In 1984 there were 365 days, 12 months, 52 weeks and 1,234,567 reasons; pi is 3.14159265.
def main(argv):\n    if len(argv) > 1:\n        return 0\n\n    print("hello, world")\n\treturn 1
Der Schlüssel liegt in der Nähe der Schränke. Die Straße ist größer als früher.
Où est passée la clé du garçon ? Elle a été trouvée près de l'école, à côté du café.
¿Dónde está la niña? El niño pequeño juega en el jardín mañana por la mañana.
Ключ от шкафа лежит на столе. Ключи от шкафов лежат на столах.
Το κλειδί είναι κοντά στα ντουλάπια και τα κλειδιά είναι εδώ.
المفتاح قريب من الخزانة والمفاتيح قريبة من الخزائن.
चाबी अलमारी के पास है और चाबियाँ अलमारियों के पास हैं।
鍵は戸棚の近くにあります。東京は日本の首都です。
钥匙在柜子旁边。北京是中国的首都。
열쇠는 찬장 근처에 있습니다.
😀 😀 👨‍👩‍👧‍👦 🇫🇷 👍🏽 ❤️
""".strip().split("\n") * 3

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", "\t", "\t\t", "\r\n", "\r\n\r\n", "a", " a",
    "a ", "  a", "a  ", "a  b", "a   b", "a\nb", "a\n\nb", "a \n b", "a \n\n  b", "a\t\tb",
    "a\r\n  b\r\n", "Once upon a time", "Hello, world!", " Hello,  world!  ",
    "The capital of France is Paris.", "don't I'll you've we're she'd I'm it's",
    "DON'T I'LL YOU'VE WE'RE SHE'D I'M IT'S",
    "Don'T i'Ll You'vE 'tis 'TWAS rock'n'roll 's'S''s '' ' 'x 're", "it'\u017f and IT'\u017f",
    "'l 'L 'v 'r ll", "0", "12", "123", "1234", "12345678", "3.14159", "1,234,567", "a1b22c333",
    "v2.0", " 7", "  7  8", "\u0661\u0662\u0663\u0664", "\u00bd \u00b2 \u2167 \u3007",
    "\uff11\uff12\uff13\uff14", "!!!", "?!...", " (a)", "#1", "$5.00", "a_b-c",
    "@user http://x.y/z?q=1&r=2", "...\n\n...", "!\n\n\n a", "x = {\n    'k': [1, 2],\n}\n",
    "def f(x):\n\treturn x  # no\n", "    indented\n        more", "trailing   ", "trailing\n",
    "trailing \t \n \t ", "\n\n\n   \n\n x", "caf\u00e9 cafe\u0301 \u00c5 A\u030a \u212b",
    "\u1e9b\u0323 \u0344 \uac01 \u1100\u1161\u11a8", "e\u0301\u0301\u0301", "\u0301alone",
    "a\u0300\u0323b", "\ufb01\ufb02 \ufdfa", "\u00a0", "a\u00a0b", "a\u00a0\u00a0b",
    "\u2003x\u3000y\u2028z\u2029", "\u0085x", "a\u200bb\u200dc\ufeff",
    "\x1c\x1d\x1e\x1f \x00\x01 \x7f", "\u180e\u2060", "\u000b\u000c x", "\U0001F600",
    " \U0001F600\U0001F600", "\U0001F468\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466!",
    "\U0001F1EB\U0001F1F7\U0001F44D\U0001F3FD\u2764\ufe0f",
    "\u9375\u306f\u6771\u4eac\u3067\u3059\u3002", "\u5317\u4eac2008\u5e74",
    "\uc5f4\uc1e0\ub294 \ucc2c\uc7a5",
    "\u0627\u0644\u0645\u0641\u062a\u0627\u062d, \u0642\u0631\u064a\u0628 \u0645\u0646",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0939\u0948\u0964", "\u0e01\u0e33\u0e25\u0e31\u0e07",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\ud7ff\ue000\uf8ff\ufffd\uffff\U00010000\U0010ffff", "\U00020000\U0001D400\U00010330",
    "\u2581x \u2581", "\u0130I\u0131i \u01c5 \u02b0 \u00aa",
    "na\u00efve \u0421\u0422\u041e\u041b", "<|end|>", "<|start|>user\nHi<|end|>\n",
    "a<|end|>b <|end|> c", "<|end|><|end|>", "<|end", "<|end|>s <|end|>", " <mask> ",
    "a  <mask>  b", "a\n<mask>\nb", "x<mask>", "<word> a<word> <word>b <word>",
    "\u00e9<word>\u00e9", "<long> <long><er>", "\u00c5<norm\u00c5> A\u030a<normA\u030a>",
    "<s>x</s> <unk> <0x41>",
]


def fuzz(count, length):
    generator = random.Random(20)
    # Scalars that had a class in Unicode 3.2 keep it: the references differ in newer ones.
    stable = [chr(code) for code in range(0x20000)
              if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs", "Co")]
    pieces = [" ", "  ", "\n", "\r\n", "\t", "'s", "'LL", "n't", "12", "7", "a", "Z", "the",
              "\u00a0", "!?", "\u4e2d", "\u0301", "<|end|>", "<mask>", "\U0001F600", ". ", "_"]
    return ["".join(generator.choice(pieces if generator.random() < 0.7 else stable)
                    for _ in range(length)) for _ in range(count)]


def write(path, value):
    path = HERE / path
    path.parent.mkdir(exist_ok=True)
    document = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(document + "\n", encoding="utf-8")


def cases(tokenizer, texts):
    """Ids and decoded text; without special tokens in the text (`unparsed`) and in the output
    (`skipped`) only where that makes a difference."""
    made = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        tokenizer.encode_special_tokens = True
        unparsed = tokenizer.encode(text).ids
        tokenizer.encode_special_tokens = False
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        skipped = tokenizer.decode(ids, skip_special_tokens=True)
        made.append({"text": text, "ids": ids}
                    | ({"unparsed": unparsed} if unparsed != ids else {})
                    | ({"decoded": decoded} if decoded != text else {})
                    | ({"skipped": skipped} if skipped != decoded else {}))
    return made


def words(tokenizer, texts):
    return [[text[start:end] for _, (start, end) in
             tokenizer.pre_tokenizer.pre_tokenize_str(text)] for text in texts]


def byte_level_model():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<|start|>", "<|end|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = model["vocab"]
    # Tokens that no merge leads to: taken whole when merges are ignored.
    vocabulary["\u0120cabinets"] = len(vocabulary)
    vocabulary["789"] = len(vocabulary)
    merges = [tuple(merge) for merge in model["merges"]]
    return vocabulary, merges


def byte_level(vocabulary, merges, pre_tokenizer, normalizer=None, ignore_merges=False, added=()):
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in ("<|start|>", "<|end|>")])
    tokenizer.add_tokens(list(added))
    return tokenizer


def save(name, tokenizer, texts, configuration=None, string_merges=False):
    document = json.loads(tokenizer.to_str())
    if string_merges:
        document["model"]["merges"] = [" ".join(pair) for pair in document["model"]["merges"]]
    write(f"{name}/tokenizer.json", document)
    if configuration:
        write(f"{name}/tokenizer_config.json", configuration)
    write(f"{name}/cases.json", cases(tokenizer, texts))


def make_byte_level():
    texts = TEXTS + fuzz(20, 32)
    vocabulary, merges = byte_level_model()
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    regular = lambda pattern: pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), level])
    kinds = {
        "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False),
        "smollm": pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False)]),
        "llama-bpe": regular(LLAMA3),
        "qwen2": regular(QWEN2)}
    tokenizers = {
        kind: byte_level(vocabulary, merges, words, ignore_merges=kind == "llama-bpe")
        for kind, words in kinds.items()}
    spelled = sorted(vocabulary, key=vocabulary.get)
    write("byte-level.json", {
        "tokens": spelled, "merges": [" ".join(pair) for pair in merges],
        "types": [3 if token.startswith("<|") and token.endswith("|>") and len(token) > 4 else 1
                  for token in spelled],
        "texts": texts,
        "kinds": [{"name": kind, "words": words(tokenizer, texts),
                   "ids": [tokenizer.encode(text).ids for text in texts]}
                  for kind, tokenizer in tokenizers.items()]})

    added = [
        AddedToken("<mask>", lstrip=True, normalized=False, special=True),
        AddedToken("<long>", rstrip=True, normalized=False),
        AddedToken("<long><er>", normalized=False),
        AddedToken("<word>", single_word=True, normalized=False),
        AddedToken("<norm\u00c5>", normalized=True)]
    llama3 = byte_level(
        vocabulary, merges, kinds["llama-bpe"], ignore_merges=True, added=added)
    llama3.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|start|> $A", special_tokens=[("<|start|>", 0)])])
    save("llama3", llama3, texts, {"bos_token": "<|start|>", "eos_token": {"content": "<|end|>"}})
    save("qwen2", byte_level(
        vocabulary, merges, kinds["qwen2"], normalizers.NFC(), added=added), texts,
        {"bos_token": None, "eos_token": "<|end|>", "add_bos_token": False})
    roberta = byte_level(
        vocabulary, merges, pre_tokenizers.ByteLevel(add_prefix_space=True), added=added)
    roberta.post_processor = processors.RobertaProcessing(("<|end|>", 1), ("<|start|>", 0))
    save("roberta", roberta, texts[:60], string_merges=True)


def make_sentencepiece():
    """A SentencePiece model: encoded by its own library, and as Hugging Face converts it."""
    texts = [text for text in TEXTS if "\x00" not in text and not text.startswith("<s>")]
    texts += fuzz(10, 30)
    stream = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=stream, model_type="bpe", vocab_size=640,
        character_coverage=0.98, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, num_threads=1, minloglevel=2,
        user_defined_symbols=["<|end|>"])
    processor = sentencepiece.SentencePieceProcessor(model_proto=stream.getvalue())
    count = range(processor.get_piece_size())
    pieces = [processor.id_to_piece(index) for index in count]
    types = [2 if processor.is_unknown(index) else 3 if processor.is_control(index)
             else 6 if processor.is_byte(index) else 4 if pieces[index] == "<|end|>" else 1
             for index in count]
    plain = [text for text in texts if "<|end|>" not in text]
    write("sentencepiece.json", {
        "tokens": pieces, "scores": [processor.get_score(index) for index in count], "types": types,
        "texts": plain, "ids": [processor.encode(text) for text in plain]})

    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    scores = {piece: processor.get_score(index)
              for index, piece in enumerate(pieces) if types[index] == 1}
    pairs = []
    for piece in sorted(scores, key=lambda piece: -scores[piece]):
        pairs += [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))
                  if piece[:cut] in scores and piece[cut:] in scores]
    tokenizer = Tokenizer(models.BPE(
        vocabulary, pairs, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in ("<unk>", "<s>", "</s>")])
    save("llama2", tokenizer, plain[:40] + ["<s>x</s> <unk> y"],
         {"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True, "add_eos_token": False})


if __name__ == "__main__":
    make_byte_level()
    make_sentencepiece()
