"""Values of tags and labels in the alphabets of AWS, Google Cloud and Kubernetes."""

from __future__ import annotations

import hashlib
import re
import unicodedata

AWS_KEY_LIMIT, AWS_VALUE_LIMIT = 128, 256
GCP_LIMIT = 63
KUBERNETES_LIMIT = 63

# AWS, "Tag naming limits and requirements": letters, numbers, spaces and these. (2026-11)
_AWS_SIGNS = frozenset(" _.:/=+-@")
# Google Cloud, "Requirements for labels": lower-case letters, digits, _ and -. It takes letters of other
# alphabets too; not every exporter of bills does.
_NOT_GCP = re.compile(r"[^a-z0-9_-]")
# Kubernetes, "Labels and selectors": letters, digits, - _ and ., with a letter or digit at both ends.
_NOT_KUBERNETES = re.compile(r"[^A-Za-z0-9_.-]")


def aws_value(value: str) -> str:
    """``value`` as the value of an AWS tag: at most 256 characters.

    What has to be changed ends with a hash of the whole, here and below: two values stay two.
    """
    text = "".join(sign if _fits_aws(sign) else "-" for sign in value).strip()
    return _marked(value, text, AWS_VALUE_LIMIT)


def gcp_value(value: str) -> str:
    """``value`` as the value of a Google Cloud label: lower case, at most 63 characters."""
    return _marked(value, _NOT_GCP.sub("-", value.lower()), GCP_LIMIT)


def kubernetes_value(value: str) -> str:
    """``value`` as the value of a Kubernetes label: at most 63 characters."""
    return _marked(value, _NOT_KUBERNETES.sub("-", value).strip("_.-"), KUBERNETES_LIMIT)


def _fits_aws(sign: str) -> bool:
    return sign in _AWS_SIGNS or unicodedata.category(sign)[0] in "LN"


def _marked(value: str, text: str, limit: int) -> str:
    if text == value and len(text) <= limit:
        return text
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{text[: limit - 9]}-{digest}".lstrip("_.- ")
