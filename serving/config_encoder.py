"""Parameters of an image encoder, from the ``vision_config`` of a ``config.json``."""

from __future__ import annotations

from .config_keys import ConfigKeys

_GATED = ("pixtral", "gemma4_vision")


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
    matrices = 3 if vision.value("model_type") in _GATED else 2
    return layers * (4 * hidden**2 + matrices * hidden * width) + _projector(keys, vision, hidden)


def _projector(keys: ConfigKeys, vision: ConfigKeys, hidden: int) -> int:
    if vision.value("model_type") == "pixtral":
        # Four patches become one, then two layers.
        text = keys.number("hidden_size")
        return 4 * hidden**2 + hidden * text + text**2
    if vision.value("mm_projector_type") is not None:
        merged = 4 * hidden
        return merged * (merged + keys.number("hidden_size"))
    if vision.value("out_hidden_size") is None:
        return 0
    # Qwen: one network for the last layer, and one for each layer that is handed over besides.
    handed_over = vision.value("deepstack_visual_indexes")
    networks = 1 + (len(handed_over) if isinstance(handed_over, list) else 0)
    merged = hidden * vision.number("spatial_merge_size", default=2) ** 2
    return networks * merged * (merged + vision.number("out_hidden_size"))
