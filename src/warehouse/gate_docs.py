"""Writes docs/gates.md from the suites: ``python -m warehouse.gate_docs``.

A test holds the committed file equal to what this gives, so no gate goes without its line.
"""

import sys
from pathlib import Path
from typing import Any

from warehouse.gates import FEWEST_VANISHED, MOST_VANISHED_SHARE, read_suite
from warehouse.metrics import in_a_cell
from warehouse.settings import Settings, load

HEADER = f"""# Gates

Written by `make gates` from `expectations/suites/`; change it there. What to do when one speaks: the
runbook, *Gates*.

A gate is a rule that a version is held to before it is published. Each has one of three levels:

- **block**: nothing is published and the last good version stands (exit 4);
- **warn**: the version is published, and the run says so;
- **inform**: the version is published, and it is kept with it.

Warnings and notes stand in `ops.gate_findings` of the version and in `warehouse status`. Every sentence names
the mart, the rule, how many rows, their months, and the landed files that likely caused it, likeliest first:
of the sources behind the mart those that no version had yet, and those that speak for the failing months.

Beside the suites, two gates are written in `gates.py`, as a command or another step asks them too:

- `staff_snapshot_there` (block): a staff snapshot has been loaded;
- `mass_vanishing` (block): from one staff snapshot to the next no more than {MOST_VANISHED_SHARE:.0%} of the permanent
  and fixed-term spells, or fewer than {FEWEST_VANISHED}, are gone without a leaver record; or a steward accepted it.

The tests of dbt, in the YAML beside each model, block too, or warn where their severity says so: a key
stands twice, a figure is missing, a name is unknown, spells do not add up.
"""


def path(settings: Settings) -> Path:
    """Where people read it."""
    return settings.project / "docs" / "gates.md"


def render(settings: Settings) -> str:
    """The Markdown text for all suites."""
    lines = [HEADER.rstrip()]
    for file in sorted(settings.suites.glob("*.json")):
        document = read_suite(settings, file.stem)
        lines += [
            "",
            f"## {file.stem}",
            "",
            document["meta"]["about"],
            "",
            "| rule | level | looked at | may be | not met |",
            "|---|---|---|---|---|",
        ]
        for one in document["expectations"]:
            kwargs, meta = one["kwargs"], one["meta"]
            cells = (
                f"`{meta['rule']}`",
                meta["level"],
                f"`{kwargs['column']}`",
                _bounds(kwargs),
                in_a_cell(meta["message"]),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _bounds(kwargs: dict[str, Any]) -> str:
    # The little that a bound leaves for binary fractions is no news to a reader.
    least, most = (
        None if bound is None else round(bound, 6) + 0.0
        for bound in (kwargs.get("min_value"), kwargs.get("max_value"))
    )
    if least == most:
        return f"{least:g}"
    if most is None:
        return f"{least:g} or more"
    if least is None:
        return f"{most:g} or less"
    return f"{least:g} to {most:g}"


def main() -> int:
    """Write the file anew."""
    settings = load()
    path(settings).write_text(render(settings), encoding="utf-8")
    print(f"Written: {path(settings).relative_to(settings.project)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
