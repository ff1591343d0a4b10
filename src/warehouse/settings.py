"""Paths and settings, read once from the environment into one frozen object."""

import errno
import math
import os
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from warehouse.errors import BadConfiguration, no_home

KEEP_VERSIONS = 7
STALE_AFTER_HOURS = 36.0
LONGEST_SESSION_MINUTES = 480
MOST_AREAS = 3


@dataclass(frozen=True)
class Settings:
    """Where everything is. Every path under ``home`` is made by ``prepare``, none by reading it."""

    home: Path
    project: Path
    keep_versions: int = KEEP_VERSIONS
    stale_after_hours: float = STALE_AFTER_HOURS
    # Where it is None, the project's own folder.
    own_mappings: Path | None = None
    # Where it is None, nobody is ever purged.
    keep_leavers_years: int | None = None

    @property
    def landing(self) -> Path:
        """Where exports arrive; holds names, so mode 0700."""
        return self.home / "landing"

    @property
    def lake(self) -> Path:
        """Pseudonymised, immutable batches, the lists of bad rows and the manifest."""
        return self.home / "lake"

    @property
    def set_aside(self) -> Path:
        """What was wrong with which line, without any value; not among the sources' folders."""
        return self.lake / "_quarantine"

    @property
    def quarantine(self) -> Path:
        """The copy of ``set_aside`` for people."""
        return self.home / "quarantine"

    @property
    def control(self) -> Path:
        """Key fingerprint, acceptances, journal; backed up with the lake."""
        return self.home / "control"

    @property
    def build(self) -> Path:
        """Scratch of a run under way, and what was rebuilt of the past; can be removed at any time."""
        return self.home / "build"

    @property
    def scratch(self) -> Path:
        """The build under way. One name for every night: dbt parses anew when its database moves."""
        return self.build / "run"

    @property
    def published(self) -> Path:
        """The versions, and the link to the current one."""
        return self.home / "published"

    @property
    def logs(self) -> Path:
        """What the tools said."""
        return self.home / "logs"

    @property
    def contracts(self) -> Path:
        """One contract a source."""
        return self.project / "expectations" / "contracts"

    @property
    def mappings(self) -> Path:
        """How the council's own exports differ from the contracts: one file a source, or none."""
        return self.own_mappings or self.project / "expectations" / "mappings"

    @property
    def instruments(self) -> Path:
        """One questionnaire a file: items, answers, scoring."""
        return self.project / "expectations" / "instruments"

    @property
    def suites(self) -> Path:
        """The expectations at the two doors."""
        return self.project / "expectations" / "suites"

    @property
    def dbt_project(self) -> Path:
        """Every rule that shapes rows."""
        return self.project / "dbt_project"

    def programme(self) -> dict[str, object]:
        """What ``programme.yml`` says of the programme itself: its dates, events and authority."""
        with (self.project / "programme.yml").open(encoding="utf-8") as stream:
            return dict(yaml.safe_load(stream))

    def minimum_stay_minutes(self) -> int:
        """How long somebody must have been in an online session to have attended it.

        Raises BadConfiguration for anything but a whole number from 0 to 480, a session's longest.
        """
        stated = self.programme().get("minimum_stay_minutes")
        if type(stated) is not int or not 0 <= stated <= LONGEST_SESSION_MINUTES:
            raise BadConfiguration(
                "minimum_stay_minutes in programme.yml must be a whole number of minutes from 0 to "
                f"{LONGEST_SESSION_MINUTES}. Correct it and run again."
            )
        return stated

    def windows(self) -> dict[str, str]:
        """The two days of ``programme.yml`` that part before, during and after, as ISO dates.

        ``funded_from``: the first day of the first funded month. ``programme_end``: the last day of
        the programme. Empty where neither is named. Raises BadConfiguration where one is missing or
        they are the wrong way round.
        """
        said = self.programme()
        if not {"funding", "programme_end"} & said.keys():
            return {}
        funding = said.get("funding")
        start = funding.get("from") if isinstance(funding, dict) else None
        try:
            first = date.fromisoformat(f"{start}-01")
            last = date.fromisoformat(str(said.get("programme_end")))
        except ValueError:
            first, last = date.max, date.min
        if first > last:
            raise BadConfiguration(
                "programme.yml: 'funding' has to give 'from' as a year and month (2019-01), and "
                "'programme_end' a later day (2020-01-31). Nothing was published. Correct them."
            )
        return {"funded_from": first.isoformat(), "programme_end": last.isoformat()}

    def areas(self) -> dict[str, list[str]]:
        """{area: its teams, as HR names them}, from ``programme.yml``; empty where it names none.

        Raises BadConfiguration for more than three areas, for an area that is no list of names, and
        for a team that stands twice.
        """
        named = self.programme().get("areas") or {}
        if not isinstance(named, dict) or not all(map(_is_names, named.values())):
            raise BadConfiguration(
                "programme.yml: 'areas' has to give each area a list of teams. Nothing was "
                "published. Write each team's name on a line of its own below its area."
            )
        if len(named) > MOST_AREAS:
            raise BadConfiguration(
                f"programme.yml names {len(named)} areas, and {MOST_AREAS} are the most: smaller "
                "ones would single people out. Nothing was published. Put areas together."
            )
        teams = [team for members in named.values() for team in members]
        twice = sorted({team for team in teams if teams.count(team) > 1})
        if twice:
            raise BadConfiguration(
                f"programme.yml: 'areas' names {', '.join(twice)} more than once. Nothing was "
                "published. Leave each team in one area, or in none."
            )
        return {str(area): list(members) for area, members in named.items()}


def _is_names(members: object) -> bool:
    return (
        isinstance(members, list)
        and bool(members)
        and all(isinstance(name, str) and name.strip() for name in members)
    )


def load(home: Path | str | None = None) -> Settings:
    """Settings from the environment; ``home`` wins over WAREHOUSE_HOME, which wins over ``var/``.

    Raises BadConfiguration for a number that is none, a folder of mappings that is not there, or a
    home that is no folder or lies below what is none. Creates nothing.
    """
    chosen = Path(home or os.environ.get("WAREHOUSE_HOME") or "var").expanduser().absolute()
    _require_no_file(chosen)
    return Settings(
        home=chosen,
        project=project_root(),
        keep_versions=_keep_versions(),
        stale_after_hours=_number("WAREHOUSE_STALE_AFTER_HOURS", STALE_AFTER_HOURS, least=0),
        own_mappings=_own_mappings(),
        keep_leavers_years=_keep_leavers_years(),
    )


def _require_no_file(home: Path) -> None:
    try:
        # Below a file this raises by itself.
        if not stat.S_ISDIR(home.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except FileNotFoundError:
        return
    except OSError as error:
        raise no_home(error, home) from None


def _keep_versions() -> int:
    text = os.environ.get("WAREHOUSE_KEEP_VERSIONS", "").strip()
    if not text:
        return KEEP_VERSIONS
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise BadConfiguration(
            "WAREHOUSE_KEEP_VERSIONS must be a whole number of versions, at least 1. Correct it or unset it."
        )
    return int(text)


def _keep_leavers_years() -> int | None:
    text = os.environ.get("WAREHOUSE_KEEP_LEAVERS_YEARS", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) >= 1):
        raise BadConfiguration(
            "WAREHOUSE_KEEP_LEAVERS_YEARS must be a whole number of years, at least 1. Correct it, or "
            "unset it to keep leavers for ever."
        )
    return int(text)


def _own_mappings() -> Path | None:
    named = os.environ.get("WAREHOUSE_MAPPINGS", "").strip()
    if not named:
        return None
    folder = Path(named).expanduser().absolute()
    # Without its mapping every export would be judged as a stranger's.
    if not folder.is_dir():
        raise BadConfiguration(
            "WAREHOUSE_MAPPINGS names no folder, so nothing was read. Correct it, or unset it to use "
            "expectations/mappings of the project."
        )
    return folder


def project_root() -> Path:
    """The folder that holds ``dbt_project/``: WAREHOUSE_PROJECT, else the checkout."""
    named = os.environ.get("WAREHOUSE_PROJECT")
    root = Path(named).absolute() if named else Path(__file__).resolve().parents[2]
    if not (root / "expectations" / "contracts").is_dir():
        raise BadConfiguration(
            f"{root} holds no expectations/contracts. "
            "Set WAREHOUSE_PROJECT to the folder of the project's checkout."
        )
    return root


def _number(name: str, default: float, *, least: float) -> float:
    text = os.environ.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    # Every comparison with nan is false, so that nothing would ever be stale.
    if not (math.isfinite(value) and value >= least):
        raise BadConfiguration(
            f"{name} must be a number of at least {least:g}. Correct it or unset it."
        )
    return value
