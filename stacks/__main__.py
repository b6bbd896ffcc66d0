"""The program of every stack: reads the description of its environment and builds what the stack holds."""

from __future__ import annotations

from pathlib import Path

import pulumi

from ai_platform.components.errors import InvalidInput
from ai_platform.description import read
from ai_platform.layers import environment_of
from ai_platform.program import settle
from ai_platform.stack import build

HERE = Path(__file__).resolve().parent
STACK = pulumi.get_stack()

try:
    environment, _ = read(HERE / f"{environment_of(STACK)}.yaml")
    outputs = build(environment, STACK, HERE)
except InvalidInput as error:
    raise pulumi.RunError(str(error)) from None

for name, value in outputs.items():
    pulumi.export(name, value)
settle()
