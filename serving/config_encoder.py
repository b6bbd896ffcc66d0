"""Parameters of an image encoder, from the ``vision_config`` of a ``config.json``."""

from __future__ import annotations

from .config_keys import ConfigKeys

_PIXTRAL, _KIMI, _GEMMA4 = "Mistral3", "KimiK25", "Gemma4"
_MERGING = ("Qwen3VL", "Qwen3_5")


def encoder_parameters(keys: ConfigKeys) -> int:
    """Parameters of attention and feed-forward networks of each layer, and of what leads to the model."""
    vision = keys.part("vision_config")
    if vision is None:
        if keys.architecture.endswith("ForConditionalGeneration"):
            keys.missing("vision_config", "the shape of the image encoder")
        return 0
    hidden = vision.number("hidden_size", "vt_hidden_size")
    width = vision.number("intermediate_size", "vt_intermediate_size")
    layers = vision.layers("depth", "num_hidden_layers", "vt_num_hidden_layers")
    # With a gate there is one matrix more.
    matrices = 3 if keys.architecture.startswith((_PIXTRAL, _GEMMA4)) else 2
    return layers * (4 * hidden**2 + matrices * hidden * width) + _projector(keys, vision, hidden)


def _projector(keys: ConfigKeys, vision: ConfigKeys, hidden: int) -> int:
    # Four patches become one, then two layers.
    text = keys.number("hidden_size")
    if keys.architecture.startswith(_PIXTRAL):
        return 4 * hidden**2 + hidden * text + text**2
    if keys.architecture.startswith(_KIMI):
        return 4 * hidden * (4 * hidden + text)
    if not keys.architecture.startswith(_MERGING):
        return 0
    # One network for the last layer, and one for each layer that is handed over besides.
    handed_over = vision.value("deepstack_visual_indexes")
    if handed_over is not None and not isinstance(handed_over, list):
        vision.wrong("deepstack_visual_indexes", handed_over, "a list of layers")
        handed_over = []
    merged = hidden * vision.number("spatial_merge_size", default=2) ** 2
    return (1 + len(handed_over or [])) * merged * (merged + vision.number("out_hidden_size"))
