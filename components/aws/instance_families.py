"""What the name of an EC2 instance type tells."""

from __future__ import annotations

import re

_GRAVITON = re.compile(r"^(a1|[a-z]+\d+g[a-z]*|p6e-gb200|p6e-gb300)\.")


def runs_arm64(instance_type: str) -> bool:
    """Whether it has Graviton or Grace processors: ``m7g.xlarge``, ``c7gn.large``, ``p6e-gb200.36xlarge``.

    EC2 user guide, instance type naming: the letter g after the generation stands for Graviton.
    """
    return bool(_GRAVITON.match(instance_type))
