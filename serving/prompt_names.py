"""What a prompt is called in the cluster, and what its text is known by."""

from __future__ import annotations

import hashlib

PROMPT_LABEL = "ai-platform/prompt"
PROMPT_VERSION_LABEL = "ai-platform/prompt-version"
PROMPT_DIGEST_ANNOTATION = "ai-platform/prompt-sha256"
"""An annotation: a label's value has at most 63 characters, and the digest 64."""
PROMPT_ENDPOINT_ANNOTATION = "ai-platform/prompt-endpoint"
TEXT_KEY = "prompt.txt"
VERSION_KEY = "version"


def config_map_name(prompt: str) -> str:
    """Name of a prompt's ConfigMap."""
    return f"prompt-{prompt}"


def digest_of_text(text: str) -> str:
    """SHA-256 of a prompt's text as UTF-8, in hexadecimal: that of its file."""
    return hashlib.sha256(text.encode()).hexdigest()
