"""Who was erased, as keyed hashes, so that a file that is landed again cannot bring them back.

``control/tombstones/<staff key>.json`` holds a person's keys in every domain, and when and why they
were erased. The keys are part of what the warehouse is a function of: the rows of an erased person
are judged like any others, and then taken out before anything is written.

``control/purges/<day>_<digest>.json`` is the same for the leavers of one purge, who may come back: each
key with their last day in post, and until when the purge knew of no later service.

``control/landing_rewrites/`` says which landing file was written anew without a person's rows, and
which bytes it stands for: it is the file that was judged before and no new one.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from warehouse.errors import CouldNotFinish
from warehouse.files import write_text_atomically
from warehouse.settings import Settings

TOMBSTONES = "tombstones"
PURGES = "purges"
REWRITES = "landing_rewrites"
CARRIED_OUT = "tombstones.json"
# What stands in a landing file for the id of somebody who was only named in a row.
PLACEHOLDER = "[erased]"


@dataclass(frozen=True)
class Rewrite:
    """A landing file written anew: its bytes now, and those under which it was judged.

    ``rows`` and ``bad_rows``: how many were taken out, and how many of these were bad. They count
    when it is decided whether a file is rejected, so that nothing but the person goes.
    """

    source: str
    file_name: str
    sha256: str
    instead_of: str
    rows: int
    bad_rows: int


@dataclass(frozen=True)
class Purged:
    """Until when what is said of somebody's service was purged.

    ``last_day``: their last day in post. ``known_until``: what files say that speak for a day up to
    this one is of no later service.
    """

    last_day: date
    known_until: date


@dataclass(frozen=True)
class Tombstones:
    """All that control/ says of who was erased, and of who was purged as an old leaver."""

    keys: frozenset[str] = frozenset()
    rewrites: tuple[Rewrite, ...] = ()
    purged: Mapping[str, Purged] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[str, ...]:
        """Everything that decides which rows are taken out, in a fixed order."""
        bounds = (
            f"{key} {one.last_day} {one.known_until}" for key, one in sorted(self.purged.items())
        )
        return (*sorted(self.keys), *bounds)

    @cached_property
    def _by_file(self) -> dict[tuple[str, str, str], Rewrite]:
        return {(one.source, one.file_name, one.sha256): one for one in self.rewrites}

    def rewrite(self, source: str, file_name: str, sha256: str) -> Rewrite | None:
        """How the landing file of that name and bytes was written anew; None where it was not."""
        return self._by_file.get((source, file_name, sha256))

    def original(self, source: str, file_name: str, sha256: str) -> str:
        """The SHA-256 under which a landing file is known: its own, or the one it stands for."""
        known = self.rewrite(source, file_name, sha256)
        return known.instead_of if known else sha256


def folder(settings: Settings) -> Path:
    """Where the tombstones are."""
    return settings.control / TOMBSTONES


def holds(settings: Settings, path: Path) -> bool:
    """Whether a file is a tombstone: the one place where the keys of who is gone may stand."""
    return path.parent in (folder(settings), settings.control / PURGES)


def load(settings: Settings) -> Tombstones:
    """Everybody's keys, every rewrite and every purge; of a key that was purged twice the later one.

    Raises CouldNotFinish for a file that is damaged.
    """
    keys: set[str] = set()
    for path in sorted(folder(settings).glob("*.json")):
        keys.update(_read(path)["keys"])
    rewrites = [
        Rewrite(**_read(path)) for path in sorted((settings.control / REWRITES).glob("*.json"))
    ]
    purged: dict[str, Purged] = {}
    for path in sorted((settings.control / PURGES).glob("*.json")):
        facts = _read(path)
        for key, last_day in facts["last_days"].items():
            one = Purged(date.fromisoformat(last_day), date.fromisoformat(facts["known_until"]))
            purged[key] = max(purged.get(key, one), one, key=lambda each: each.known_until)
    return Tombstones(frozenset(keys), tuple(rewrites), purged)


def known_keys(settings: Settings, staff_key: str) -> frozenset[str]:
    """The keys that an earlier erasure of this person noted; empty where there was none."""
    path = folder(settings) / f"{staff_key}.json"
    return frozenset(_read(path)["keys"]) if path.exists() else frozenset()


def bury(
    settings: Settings, staff_key: str, keys: Iterable[str], erased_on: str, reason: str
) -> None:
    """Write a person's tombstone; taking them out is outstanding then, until ``carried_out``.

    Adds to the keys, dates and reasons of an earlier one.
    """
    path = folder(settings) / f"{staff_key}.json"
    before = _read(path) if path.exists() else {"keys": [], "erasures": []}
    facts = {
        "keys": sorted({*before["keys"], *keys}),
        "erasures": [*before["erasures"], {"erased_on": erased_on, "reason": reason}],
    }
    folder(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    write_text_atomically(path, json.dumps(facts, indent=1) + "\n")


def bury_leavers(
    settings: Settings, last_days: Mapping[str, date], known_until: date, closed_until: date
) -> None:
    """Write the tombstone of one purge; taking them out is outstanding then, until ``carried_out``.

    last_days: {key: last day in post}. ``closed_until``: the last month that was closed before.
    """
    facts = {
        "known_until": str(known_until),
        "closed_until": str(closed_until),
        "last_days": {key: str(day) for key, day in sorted(last_days.items())},
    }
    text = json.dumps(facts, indent=1) + "\n"
    (settings.control / PURGES).mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{known_until}_{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    write_text_atomically(settings.control / PURGES / name, text)


def outstanding(settings: Settings) -> bool:
    """Whether the lake may hold somebody who has a tombstone.

    The lake itself notes which tombstones it is clear of: after a kill in the middle, and after a
    restore of a lake that is older than control/, they are carried out by the next run.
    """
    buried = load(settings)
    if not buried.facts:
        return False
    noted = _carried_out_file(settings)
    return not noted.exists() or _read(noted).get("digest") != _digest(buried)


def carried_out(settings: Settings, buried: Tombstones) -> None:
    """Note that nothing that these say is in lake, quarantine and the kept versions any more."""
    write_text_atomically(
        _carried_out_file(settings), json.dumps({"digest": _digest(buried)}) + "\n"
    )


def _carried_out_file(settings: Settings) -> Path:
    return settings.lake / "_manifest" / CARRIED_OUT


def _digest(buried: Tombstones) -> str:
    return hashlib.sha256("".join(buried.facts).encode()).hexdigest()


def note_rewrite(settings: Settings, rewrite: Rewrite) -> None:
    """Note a landing file's new bytes; to be called before they are put in its place."""
    name = hashlib.sha256(rewrite.file_name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    write_text_atomically(
        settings.control / REWRITES / f"{rewrite.source}_{rewrite.sha256[:32]}_{name}.json",
        json.dumps(asdict(rewrite), indent=1) + "\n",
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise CouldNotFinish(
            f"control/{path.parent.name}/{path.name} is damaged, so somebody who was erased could "
            "come back. Nothing was read or published: restore it from the backup of control/."
        ) from None
