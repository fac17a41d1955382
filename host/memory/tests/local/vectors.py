"""Computes tests/data/minilm-vectors.json: the vectors of all-MiniLM-L6-v2 for a few texts, with numpy alone.

Run once, after setup.sh, with numpy 2.4.6, scipy 1.17.1, safetensors 0.8.0 and tokenizers 0.23.2 installed."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

HERE = Path(__file__).parent
MODEL = HERE / ".model"
TEXTS = [
    "Fix the flaky login test in the authentication module",
    "repair an unstable test of user sign-in",
    "Write documentation for the payment service",
    "parse_config panics: called `Option::unwrap()` on a `None` value",
    "修复登录测试",
    # Longer than the model reads.
    "word " * 400,
    "",
    "a",
    "Line one\n\tline two: 50 % of `/var/lib/x.db` — naïve café 🙂",
]

weights = load_file(MODEL / "model.safetensors")
config = json.loads((MODEL / "config.json").read_text())
tokens_max = json.loads((MODEL / "sentence_bert_config.json").read_text())["max_seq_length"]
tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(tokens_max)
heads = config["num_attention_heads"]


def linear(x, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(x, name):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + config["layer_norm_eps"])
    return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def attention(x, layer):
    def split(part):
        return linear(x, f"{layer}.attention.self.{part}").reshape(len(x), heads, -1).transpose(1, 0, 2)

    query, key, value = split("query"), split("key"), split("value")
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ value
    mixed = linear(mixed.transpose(1, 0, 2).reshape(len(x), -1), f"{layer}.attention.output.dense")
    return norm(x + mixed, f"{layer}.attention.output.LayerNorm")


def vector(text):
    ids = tokenizer.encode(text).ids
    x = (weights["embeddings.word_embeddings.weight"][ids]
         + weights["embeddings.position_embeddings.weight"][: len(ids)]
         + weights["embeddings.token_type_embeddings.weight"][0])
    x = norm(x, "embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        x = attention(x, layer)
        inner = linear(x, f"{layer}.intermediate.dense")
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
        x = norm(x + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return [round(float(number), 6) for number in mean / np.linalg.norm(mean)]


made = [{"text": text, "vector": vector(text)} for text in TEXTS]
lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in made)
(HERE.parent / "data" / "minilm-vectors.json").write_text(f"[\n{lines}\n]\n")
