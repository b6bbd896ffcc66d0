"""The rules as documentation."""

from __future__ import annotations

from .catalog import HOUSEKEEPING, RULES


def reference() -> str:
    """Markdown: a row for each rule, then the settings of those that have some."""
    lines = [
        "| rule | checks | judged | default level | why, and what to do |",
        "|---|---|---|---|---|",
    ]
    for rule in (*RULES, *HOUSEKEEPING):
        when = "each resource, before it is made" if rule.on_resource else "the whole stack, at the end"
        when = "exceptions, before anything is made" if rule.name == "exceptions" else when
        lines.append(
            f"| `{rule.name}` | {rule.checks} | {when} | {rule.level} | {rule.reason}. {rule.remedy} |"
        )
    lines += ["", "| rule | setting in the pack's configuration | meaning |", "|---|---|---|"]
    lines += [
        f"| `{rule.name}` | `{name}` | {setting.text} |"
        for rule in RULES
        for name, setting in rule.settings.items()
    ]
    return "\n".join(lines) + "\n"
