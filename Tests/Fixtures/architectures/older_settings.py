"""Settings as transformers before version 5 wrote them, and as most published files have them."""

# Where an architecture has other names for the rotation's settings.
NAMES = {
    "gpt_neox": {"rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct"},
    "gemma3_text": {"local": "rope_local_base_freq", "global": "rope_theta"},
    "modernbert": {"local": "local_rope_theta", "global": "global_rope_theta"},
}
# How an architecture says which layers are of which kind; others say it by what they are.
PATTERNS = {
    "gemma3_text": {"sliding_window_pattern": 3},
    "cohere2": {"sliding_window_pattern": 3},
    "modernbert": {"global_attn_every_n_layers": 3},
}


def older_settings(settings):
    """The older form of settings, or nothing where it is the same."""
    if "rope_parameters" not in settings and "layer_types" not in settings:
        return None
    older = {
        key: value
        for key, value in settings.items()
        if key not in ("rope_parameters", "layer_types", "dtype", "_sliding_window_pattern")
    }
    older["torch_dtype"] = settings["dtype"]
    older["transformers_version"] = "4.50.0"
    kind = settings["model_type"]
    older.update(PATTERNS.get(kind, {}))
    names = NAMES.get(kind, {})
    rope = dict(settings["rope_parameters"])
    if "local" in names:
        older[names["local"]] = rope["sliding_attention"]["rope_theta"]
        rope = dict(rope["full_attention"])
        older[names["global"]] = rope.pop("rope_theta")
    for key in ("rope_theta", "partial_rotary_factor"):
        if key in rope:
            older[names.get(key, key)] = rope.pop(key)
    if rope["rope_type"] != "default":
        # Before that the type's key was another one.
        key = "rope_type" if kind == "gemma3_text" else "type"
        older["rope_scaling"] = {key: rope.pop("rope_type"), **rope}
    if kind == "smollm3" and older["num_hidden_layers"] == 4:
        # Every fourth layer is without rotation by default.
        del older["no_rope_layers"]
    if kind == "qwen2" and older["sliding_window"] is None:
        # A window that isn't used.
        older["sliding_window"] = 4
    return older
