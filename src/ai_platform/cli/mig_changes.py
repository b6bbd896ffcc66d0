"""``ai-platform mig NEW --from OLD``: the way from one description to the next, as tables and data."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

from ..components.counted import counted
from ..components.errors import InvalidInput, Problem
from ..gpu.mig.changes import ChangePlan, Drain, Place
from ..gpu.mig.layout import Devices, NodeLayout, layout_name
from ..gpu.mig.written import written_as_yaml
from ..planning.mig_change import DeviceDrain, PoolChange, Step, TeamShare, Verdict
from ..planning.mig_changes import pool_changes
from . import project
from .mig import config_text
from .output import write
from .table import TextTable, text_for

if TYPE_CHECKING:
    from ..environment import Environment

_REFUSED = 1
_TEAMS_OF_A_CELL = 6


def run(options: argparse.Namespace) -> int:
    """Shows what becomes of each pool; 1 when one has no safe order. Raises ``InvalidInput``."""
    _check(options)
    new, old = _both(options.target, options.origin)
    changes = pool_changes(old, new, whole_nodes=options.whole_nodes)
    if options.json:
        write(json.dumps(_data(changes), indent=2))
    elif options.config:
        write(config_text(layout for change in changes for layout in change.layouts))
    else:
        write(text_for(sys.stdout, _report(changes)))
    return _REFUSED if _refused(changes) else 0


def _check(options: argparse.Namespace) -> None:
    if options.svg:
        fix = f"draw one description: ai-platform mig {options.target} --svg PATH"
        raise InvalidInput("--svg", [Problem("", "a picture of a change", "no --from beside it", fix)])
    problems = [
        Problem(path, target, "a description or an environment's name", "give a file that ends in .yaml")
        for path, target in (("NEW", options.target), ("--from", options.origin))
        if ":" in target and Path(target).suffix not in {".yaml", ".yml"}
    ]
    if problems:
        raise InvalidInput("mig --from", problems)


def _both(new: str, old: str) -> tuple[Environment, Environment]:
    """Both descriptions. Raises ``InvalidInput`` with the problems of both."""
    found: list[Environment] = []
    errors: list[InvalidInput] = []
    for target in (new, old):
        try:
            found.append(project.described_by(target)[0])
        except InvalidInput as error:
            errors.append(error)
    if len(errors) > 1:
        problems = [
            replace(problem, path=f"{error.subject}: {problem.path or '(whole file)'}")
            for error in errors
            for problem in error.problems
        ]
        raise InvalidInput("both descriptions", problems)
    if errors:
        raise errors[0]
    return found[0], found[1]


def _refused(changes: Sequence[PoolChange]) -> list[str]:
    return [change.name for change in changes if change.verdict == Verdict.REFUSED]


def _report(changes: Sequence[PoolChange]) -> Iterator[TextTable | str]:
    for change in changes:
        if change.verdict == Verdict.UNCHANGED and change.mig is None:
            continue
        yield f"{change.name}: {_sentence(change)}"
        for device, (guaranteed, kept) in change.overcommitted.items():
            yield f"{_label(device)} are overcommitted: {guaranteed} are guaranteed, {kept} of them kept"
        if change.provisional:
            yield f"provisional: {change.provisional}"
        if change.steps:
            yield _drain_table(change)
        if any(step.devices for step in change.steps):
            yield _team_table(change)
        if change.mig is not None:
            yield f"{change.name}: {_to_write(change)}"
            yield indent(written_as_yaml(change.mig), "    ")
        yield ""
    if same := [c.name for c in changes if c.verdict == Verdict.UNCHANGED and c.mig is None]:
        yield f"unchanged: {', '.join(same)}"
    if refused := _refused(changes):
        yield f"no safe order: {', '.join(refused)}"
    else:
        when = "in these steps " if any(change.steps for change in changes) else ""
        yield f"{when}every team keeps what it is guaranteed"


def _sentence(change: PoolChange) -> str:
    if change.before is None:
        return f"new, {_gpus(change.gpus_after)}"
    if change.after is None:
        return f"removed, with its {_gpus(change.gpus_before)}"
    plan = change.plan
    if plan is None:
        return (
            f"its machine changes from {change.before.name} to {change.after.name}; "
            f"safe when the new nodes, {_gpus(change.gpus_after)}, join before the old ones leave"
        )
    if plan.refusal:
        return f"no safe order: {plan.refusal}{_way_out(plan)}"
    steps = counted(len(plan.steps), "step")
    kept = len(plan.kept)
    keeping = f"{_gpus(kept)} keep{'s' if kept == 1 else ''} running"
    if not plan.drained:
        more = change.gpus_after - change.gpus_before
        return f"{_gpus(more)} more, {keeping}" if more else keeping
    return f"{plan.drained} of {_gpus(change.gpus_before)} drained in {steps}, {keeping}{_hint(change)}"


def _hint(change: PoolChange) -> str:
    """What a safe order costs, and how many GPUs other layouts might save."""
    drained = _drained(change)
    if drained > change.fewest_drained:
        return f"; the same layouts in an order that drains {change.fewest_drained} have no safe order"
    if drained > change.drained_bound:
        return f"; of layouts as good at least {change.drained_bound} are drained"
    return "; fewer can't be drained"


def _to_write(change: PoolChange) -> str:
    """Why the layouts have to be written into the description."""
    stands = f"as the description stands, {_gpus(change.drained_as_written)} would be drained"
    return f"{stands}; to drain {_drained(change)}, write into the pool"


def _drained(change: PoolChange) -> int:
    """GPUs that do not go on as they are, those of nodes that leave among them."""
    return change.gpus_before - len(change.plan.kept) if change.plan else 0


def _way_out(plan: ChangePlan) -> str:
    if plan.extra_gpus is None:
        return ""
    proof = "fewer don't" if plan.extra_gpus_bound == plan.extra_gpus else "fewer may do"
    makes = "makes" if plan.extra_gpus == 1 else "make"
    spare = counted(plan.extra_gpus, "spare GPU")
    return f"; {spare}, cut as needed while the change lasts, {makes} it possible, {proof}"


def _drain_table(change: PoolChange) -> TextTable:
    table = TextTable(f"{change.name}: GPUs", ("step", "GPUs", "before", "after"))
    for number, step in enumerate(change.steps, 1):
        groups: dict[tuple[Devices | None, Devices | None], list[Place]] = {}
        for drain in step.drains:
            groups.setdefault((drain.before, drain.after), []).append(drain.place)
        for row, ((before, after), places) in enumerate(groups.items()):
            spelled = _spelled(before, "joins"), _spelled(after, "leaves")
            table.add_row("" if row else str(number), "\n".join(_places(places)), *spelled)
    return table


def _team_table(change: PoolChange) -> TextTable:
    table = TextTable(
        f"{change.name}: devices while a step lasts",
        ("step", "device", "drained", "left", "guaranteed", "teams keep at least"),
    )
    for number, step in enumerate(change.steps, 1):
        for row, device in enumerate(step.devices):
            counts = map(str, (device.drained, device.there, device.guaranteed))
            table.add_row("" if row else str(number), _label(device.device), *counts, _teams(device.teams))
    return table


def _teams(shares: Sequence[TeamShare]) -> str:
    lines = [f"{share.team} {share.least} of {share.before}" for share in shares[:_TEAMS_OF_A_CELL]]
    if more := shares[_TEAMS_OF_A_CELL:]:
        losing = sum(share.least < share.before for share in more)
        lines.append(
            f"{len(more)} more teams, {f'{losing} of them less than all' if losing else 'all of theirs'}"
        )
    return "\n".join(lines) or "-"


def _places(places: Iterable[Place]) -> list[str]:
    """GPUs by node, nodes with the same ones together: ``nodes 0-3: GPUs 0-1``."""
    by_node = {
        node: _runs(gpu for _, gpu in rows) for node, rows in groupby(sorted(places), key=lambda at: at[0])
    }
    alike: dict[str, list[int]] = {}
    for node, gpus in by_node.items():
        alike.setdefault(gpus, []).append(node)
    return [
        f"node{'s' if len(nodes) > 1 else ''} {_runs(nodes)}: GPU{'' if gpus.isdigit() else 's'} {gpus}"
        for gpus, nodes in alike.items()
    ]


def _runs(numbers: Iterable[int]) -> str:
    """Ascending numbers as people write them: ``0-3, 7``."""
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _spelled(devices: Devices | None, nothing: str) -> str:
    if devices is None:
        return nothing
    return " + ".join(f"{count}x{name}" for name, count in devices) or "whole"


def _label(device: str) -> str:
    return "whole GPUs" if device == "gpus" else device


def _gpus(count: int) -> str:
    return counted(count, "GPU")


def _data(changes: Sequence[PoolChange]) -> dict[str, Any]:
    return {"safe": not _refused(changes), "pools": [_pool_data(change) for change in changes]}


def _pool_data(change: PoolChange) -> dict[str, Any]:
    plan = change.plan
    return {
        "name": change.name,
        "verdict": change.verdict.value,
        "machine": {
            "before": change.before.name if change.before else None,
            "after": change.after.name if change.after else None,
        },
        "gpus": {"before": change.gpus_before, "after": change.gpus_after},
        "kept": [
            {"node": node, "gpus": [gpu for _, gpu in places]}
            for node, places in groupby(plan.kept if plan else (), key=lambda place: place[0])
        ],
        "fewest_drained": change.fewest_drained if plan else None,
        "drained_bound": change.drained_bound if plan else None,
        "drained_as_written": change.drained_as_written if plan else None,
        "mig": None if change.mig is None else [entry.model_dump(mode="json") for entry in change.mig],
        "steps": [_step_data(step) for step in change.steps],
        "refusal": plan.refusal if plan else None,
        "spare_gpus": plan.extra_gpus if plan else None,
        "spare_gpus_bound": plan.extra_gpus_bound if plan else None,
        "overcommitted": {
            device: {"guaranteed": guaranteed, "kept": kept}
            for device, (guaranteed, kept) in change.overcommitted.items()
        },
        "provisional": change.provisional,
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "gpus": [_drain_data(drain) for drain in step.drains],
        "layouts": [_layout_data(node, layout) for node, layout in step.layouts.items()],
        "devices": [_device_data(device) for device in step.devices],
    }


def _drain_data(drain: Drain) -> dict[str, Any]:
    """``None`` is a GPU that joins or leaves, no devices a whole one."""
    node, gpu = drain.place
    before, after = (None if side is None else dict(side) for side in (drain.before, drain.after))
    return {"node": node, "gpu": gpu, "before": before, "after": after}


def _layout_data(node: int, layout: NodeLayout) -> dict[str, Any]:
    return {"node": node, "layout": layout_name(layout)}


def _device_data(device: DeviceDrain) -> dict[str, Any]:
    return {
        "device": device.device,
        "drained": device.drained,
        "left": device.there,
        "guaranteed": device.guaranteed,
        "teams": [
            {"team": share.team, "before": share.before, "after": share.after, "least": share.least}
            for share in device.teams
        ],
    }
