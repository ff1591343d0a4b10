"""Is it fit to be published? The checks between the marts and the published files.

Great Expectations guards two doors: ``arrivals`` (what a night brought, one row a file) and
``marts`` (what would be published). The suites are JSON under ``expectations/suites/``; each
expectation's ``meta`` has a ``rule`` (its name), a ``level`` and a ``message`` for a person:
``block`` stops the night, ``warn`` is said by the run, ``inform`` is kept in ``ops.gate_findings``
with the warnings and shown by ``warehouse status``. docs/gates.md lists them all. A suite whose
``meta`` says ``of_the_run`` looks at the version before too: what it finds is said and not kept.

The suites are given small frames that hold no id and no name, because results may quote what was
given. A suite on marts has the ``query`` of its frame in its ``meta``, as lines. Columns of a frame
that have a meaning of their own: ``mart`` (else the expectation's ``meta`` names it), ``month`` or
``file_of`` (the day for which a landed file speaks), ``source`` and ``file_name``.
"""

import gc
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse import findings, lake, operations
from warehouse.build import connect
from warehouse.contracts import FEWEST_BAD_ROWS
from warehouse.errors import BadConfiguration, GateFailed
from warehouse.files import write_text_atomically
from warehouse.findings import Before, Finding, Lineage
from warehouse.importing import imported_when_used
from warehouse.lake import Arrival, Standing
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MOST_VANISHED_SHARE = 0.10
FEWEST_VANISHED = 10
ACCEPTANCES = "acceptances"
# The only kind in the suites: it can say of any column of a frame what it may be, and which rows
# of the frame are not so can be found without asking the library, whose answer may quote them.
BETWEEN = "expect_column_values_to_be_between"
# What happened, by source: a file of which the last such day is long past is an old one.
HAPPENED_ON = {
    "absence": "absence_start",
    "debriefs": "requested_date",
    "group_sessions": "session_date",
    "hr_vacancies": "opened_date",
}
# A shorter list may well have nothing new in it.
FEWEST_ROWS_WITH_NEWS = 20
# Two exports of one week can be the same; of two months, hardly.
FEWEST_DAYS_BETWEEN_COPIES = 25
# Two staff lists and two lists of what happened are never the same; of groups and members they are.
NEVER_TWICE = frozenset({*HAPPENED_ON, "group_attendance", "hr_leavers", "hr_staff"})
# A sentence that names forty rules is read by nobody; the next run names the next ones.
MOST_BLOCKS_SAID = 3


@dataclass(frozen=True)
class Vanishing:
    """A staff snapshot from which ``vanished`` of the ``spells`` of the one before are gone."""

    as_of: date
    file_names: tuple[str, ...]
    vanished: int
    spells: int


def accept(settings: Settings, sha256: str, reason: str) -> None:
    """Keep a steward's word that a snapshot is right although many have vanished from it.

    Raises BadConfiguration where no staff snapshot of these bytes was ever taken in: a wrong path
    must not look like a decision.
    """
    if not any(
        arrival.source == "hr_staff" and arrival.sha256 == sha256 and not arrival.rejected
        for arrival in lake.arrivals(settings)
    ):
        raise BadConfiguration(
            "No staff snapshot with these bytes has been taken in, so there is nothing to accept. Name "
            "the file that the gate named, as it lies in landing/hr_staff/; one that has just landed is "
            "taken in by: warehouse nightly."
        )
    write_text_atomically(
        settings.control / ACCEPTANCES / f"{sha256}.json",
        json.dumps({"sha256": sha256, "reason": reason}, indent=1) + "\n",
    )


def acceptances(settings: Settings) -> frozenset[str]:
    """SHA-256 of every accepted snapshot file."""
    return frozenset(path.stem for path in (settings.control / ACCEPTANCES).glob("*.json"))


def require_staff(manifest: Iterable[Standing]) -> None:
    """Raises GateFailed where no staff snapshot stands: nothing could be said of anything."""
    if not any(row.stands and row.arrival.source == "hr_staff" for row in manifest):
        raise GateFailed(
            "No hr_staff snapshot has been loaded, so there is nothing to publish. "
            "Put one into landing/hr_staff/ (hr_staff_YYYY-MM-DD.csv) and run again."
        )


def require_no_mass_vanishing(
    settings: Settings, build_file: Path, manifest: Iterable[Standing]
) -> None:
    """Raises GateFailed where a staff snapshot lacks far more people than left.

    A half-written export must not become a mass exit. A steward lets it through with
    ``warehouse accept``.
    """
    with connect(build_file, read_only=True) as connection:
        found = mass_vanishing(settings, connection, manifest)
    for one in found:
        names = tuple(f"landing/hr_staff/{file_name}" for file_name in one.file_names)
        says = (
            f"{one.vanished} of {one.spells} permanent and fixed-term spells of the snapshot before are "
            "gone without a leaver record."
        )
        raise GateFailed(
            findings.in_words("staff_spells", "mass_vanishing", says, one.vanished, [one.as_of])
            + findings.cause(names)
            + " Nothing was published and the last good version stands. Land a complete file as _r2, or the "
            "missing leaver records; if the file is right, run: "
            f'warehouse accept {names[0]} --reason "…".'
        )


def far_more_than_usual(vanished: int, held: int) -> bool:
    """Whether so many of ``held`` are gone that a half-written export is likelier than an exodus."""
    return vanished >= FEWEST_VANISHED and vanished > MOST_VANISHED_SHARE * held


def mass_vanishing(
    settings: Settings, connection: duckdb.DuckDBPyConnection, manifest: Iterable[Standing]
) -> list[Vanishing]:
    """The staff snapshots that lack far more people than left, but those that a steward accepted.

    Between one hr_staff snapshot and the next: permanent and fixed-term spells of the one that are
    not in the other and have no leaver record, more than 10 % of them and at least 10.
    Closed months are not looked at: they passed, and without who was purged their shares would be
    others. ``connection`` has ``lake.hr_staff``, ``lake.closed_months``, ``ops.load_manifest`` and
    ``marts.staff_spells``, as a build file does.
    """
    accepted = acceptances(settings)
    staff = [row.arrival for row in manifest if row.stands and row.arrival.source == "hr_staff"]
    found = []
    for as_of, vanished, spells in connection.execute(_VANISHED).fetchall():
        files = [file for file in staff if file.as_of == as_of]
        if far_more_than_usual(vanished, spells) and not any(
            file.sha256 in accepted for file in files
        ):
            names = tuple(file.file_name for file in files)
            found.append(Vanishing(as_of, names, vanished, spells))
    return found


_VANISHED = """
with snapshots as (
    select as_of, lead(as_of) over (order by as_of) as next_as_of
    from (
        select distinct as_of from ops.load_manifest
        where source = 'hr_staff' and status in ('loaded', 'partly_loaded')
    )
),
held as (
    select staff_key, start_date, as_of,
        max(contract_type) filter (where row_status = 'good') as contract_type
    from lake.hr_staff
    group by staff_key, start_date, as_of
),
known as (
    select *,
        coalesce(
            contract_type,
            last_value(contract_type ignore nulls) over (
                partition by staff_key, start_date order by as_of
            )
        ) as known_contract_type
    from held
),
gone as (
    select
        snapshots.next_as_of as as_of,
        count(*) as spells,
        count(*) filter (where later.staff_key is null and spells.exit_kind is distinct from 'leaver') as vanished
    from known
    inner join snapshots on known.as_of = snapshots.as_of and snapshots.next_as_of is not null
    left join held as later
        on known.staff_key = later.staff_key and known.start_date = later.start_date
        and later.as_of = snapshots.next_as_of
    left join marts.staff_spells as spells
        on known.staff_key = spells.staff_key and known.start_date = spells.start_date
    where known.known_contract_type in ('permanent', 'fixed_term')
    group by snapshots.next_as_of
)
select as_of, vanished, spells from gone
where as_of > (select coalesce(max(period_end), date '0001-01-01') from lake.closed_months)
order by as_of
"""


def check_arrivals(
    settings: Settings, before: Before, manifest: Sequence[Standing]
) -> list[Finding]:
    """Door one: the files that no published version holds yet, and the newest of each source.

    What is new stays so until a version with it is published, so a check that stopped one night
    stops the next one too. It is said and belongs to the night; what is found in the newest file of
    a source is kept with every version that has it.
    """
    import pandas as pd

    standing = sorted(
        (row.arrival for row in manifest if row.stands and row.arrival.as_of),
        key=lambda one: (str(one.as_of), one.file_name),
    )
    staff = [one for one in standing if one.source == "hr_staff"]
    # A closing lands with no file that a person could send again.
    newest = {one.source: one for one in standing if one.source != "closed_months"}
    known: dict[tuple[str, str], set[date]] = defaultdict(set)
    for one in standing:
        if one.as_of:
            known[one.source, one.sha256].add(one.as_of)
    fresh = before.new
    judged = list(dict.fromkeys([*fresh, *newest.values()]))
    with duckdb.connect() as connection:
        frame = pd.DataFrame(
            _file_facts(settings, connection, one, staff)
            | _old_news(settings, connection, one, known[one.source, one.sha256])
            for one in judged
        )
    checking = Checking(settings, manifest, Lineage({}), before)
    of_the_night = checking.run("arrivals", frame[[one in fresh for one in judged]])
    of_the_newest = checking.run("arrivals", frame[[one in newest.values() for one in judged]])
    return [*(replace(one, of_the_run=True) for one in of_the_night), *of_the_newest]


def _file_facts(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    staff: list[Arrival],
) -> dict[str, Any]:
    overlap, new_teams, rows_beside, days_since = None, 0, None, None
    before = [
        (one.as_of, one)
        for one in staff
        if one.as_of and arrival.as_of and one.as_of < arrival.as_of
    ]
    if arrival in staff and before and arrival.as_of:
        day_before, former = before[-1]
        overlap, new_teams = _beside_previous(settings, connection, former, arrival)
        days_since = (arrival.as_of - day_before).days
        if abs(arrival.rows_read - former.rows_read) >= FEWEST_VANISHED:
            rows_beside = arrival.rows_read / max(former.rows_read, 1)
    return {
        "mart": arrival.source,
        "source": arrival.source,
        "file_name": arrival.file_name,
        "month": arrival.as_of,
        "rows_unaccounted_for": (
            0
            if arrival.rejected
            else arrival.rows_read - arrival.rows_loaded - arrival.rows_quarantined
        ),
        # One bad row in a file of ten says nothing about the file.
        "bad_share": (
            arrival.rows_quarantined / arrival.rows_read
            if arrival.rows_quarantined >= FEWEST_BAD_ROWS
            else 0.0
        ),
        "days_ahead": (arrival.as_of - arrival.received_at.date()).days if arrival.as_of else 0,
        "overlap_with_previous": overlap,
        "new_teams": new_teams,
        "rows_beside_previous": rows_beside,
        "days_since_previous": days_since,
    }


def _old_news(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    same_bytes: set[date],
) -> dict[str, int | None]:
    """Whether a file is one of another day sent again: the very bytes, or nothing that is new.

    ``same_bytes``: the days for which these bytes stand. ``days_without_news``: from the last day on
    which anything in the file happened to the day that it speaks for.
    """
    day = arrival.as_of
    too_short = arrival.rows_loaded < FEWEST_ROWS_WITH_NEWS
    if day is None or too_short or arrival.source not in NEVER_TWICE:
        return {"other_days_with_these_bytes": None, "days_without_news": None}
    others = [one for one in same_bytes if abs((one - day).days) >= FEWEST_DAYS_BETWEEN_COPIES]
    last = None
    if arrival.source in HAPPENED_ON:
        (last,) = connection.execute(
            f"select max({HAPPENED_ON[arrival.source]}) from read_parquet($batch)",
            {"batch": str(lake.batch_path(settings, arrival))},
        ).fetchall()[0]
    return {
        "other_days_with_these_bytes": len(others),
        "days_without_news": None if last is None else (day - last).days,
    }


def _beside_previous(
    settings: Settings, connection: duckdb.DuckDBPyConnection, before: Arrival, now: Arrival
) -> tuple[float | None, int]:
    """(share of the former snapshot's spells that this one holds too, teams it never named)."""
    row = connection.execute(
        """
        with former as (from read_parquet($former)), latter as (from read_parquet($latter))
        select
            (select avg((later.staff_key is not null)::integer)
             from former left join (select distinct staff_key, start_date from latter) as later
             using (staff_key, start_date)),
            (select count(distinct team) from latter where team not in (
                select team from former where team is not null))
        """,
        {
            "former": str(lake.batch_path(settings, before)),
            "latter": str(lake.batch_path(settings, now)),
        },
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def check_marts(
    settings: Settings, build_file: Path, manifest: Sequence[Standing], before: Before
) -> list[Finding]:
    """Door two: the marts before they are published. Returns what was found, grave or not."""
    found = []
    checking = Checking(settings, manifest, findings.read_lineage(settings), before)
    with connect(build_file, read_only=True) as connection:
        bring_published(connection, before)
        for suite in sorted(settings.suites.glob("marts_*.json")):
            query = "\n".join(read_suite(settings, suite.stem)["meta"]["query"])
            found += checking.run(suite.stem, connection.execute(query).df())
    return found


def bring_published(connection: duckdb.DuckDBPyConnection, before: Before) -> None:
    """Make ``published_months`` (month_end, headcount of the service), which a suite compares with."""
    connection.execute("create temp table published_months (month_end date, headcount integer)")
    if before.headcounts:
        connection.executemany("insert into published_months values (?, ?)", before.headcounts)


def stop_on_blocking(found: Iterable[Finding]) -> list[str]:
    """The sentences of what only warns. Raises GateFailed with those that block, three at most."""
    found = list(found)
    # What is said of a night's news is said of a source's newest file again, in the same words.
    blocking = list(dict.fromkeys(one.message for one in found if one.level == "block"))
    if blocking:
        said = blocking[:MOST_BLOCKS_SAID]
        more = f" And {len(blocking) - len(said)} more." if len(blocking) > len(said) else ""
        raise GateFailed(
            f"{' '.join(said)}{more} Nothing was published and the last good version stands."
        )
    return list(dict.fromkeys(one.message for one in found if one.level == "warn"))


def record(build_file: Path, found: Iterable[Finding]) -> None:
    """Keep in the build file what was found in it and did not stop it."""
    with connect(build_file) as connection:
        operations.fill_findings(connection, found)


def load_library() -> None:
    """Make Great Expectations ready, which takes seconds: called while dbt works in its own process."""
    # Looking for what could be freed, while nothing but modules is made, is a tenth of it.
    was_on = gc.isenabled()
    gc.disable()
    try:
        _frames()
    finally:
        if was_on:
            gc.enable()


def read_suite(settings: Settings, name: str) -> dict[str, Any]:
    """A suite's document, as it stands under ``expectations/suites/``."""
    text = (settings.suites / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _frames() -> Any:
    """Where Great Expectations takes frames from: one definition in memory for all of them.

    It writes its whole configuration as YAML with each new one, which costs more than a suite.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    # For one expectation, which no suite of ours has, these would take a third of the seconds.
    with imported_when_used("scipy.stats", "altair"):
        import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("marts").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("frame")


def unmet(suite_name: str, document: dict[str, Any], frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """The expectations of a suite that a frame does not meet, as they stand in its document.

    One that could not be run counts as not met. One on a column that is null throughout is met, and
    is not run: each costs Great Expectations some fifteen milliseconds.
    """
    judged = {
        place: one
        for place, one in enumerate(document["expectations"])
        if (column := one["kwargs"]["column"]) not in frame or frame[column].notna().any()
    }
    if not judged:
        return []
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    suite = gx.ExpectationSuite(
        name=suite_name,
        expectations=[
            ExpectationConfiguration(
                type=one["type"], kwargs=one["kwargs"], meta={"place": place}
            ).to_domain_obj()
            for place, one in judged.items()
        ],
    )
    result = (
        _frames()
        .get_batch(batch_parameters={"dataframe": frame})
        .validate(
            suite, result_format={"result_format": "BOOLEAN_ONLY", "partial_unexpected_count": 0}
        )
    )
    # An error inside the library comes back as "not met" with an exception beside it.
    places = {one.expectation_config.meta["place"] for one in result.results if not one.success}
    return [judged[place] for place in sorted(places)]


@dataclass(frozen=True)
class Checking:
    """Runs suites, and says of what was not met where it is and which files are behind it."""

    settings: Settings
    manifest: Sequence[Standing]
    lineage: Lineage
    before: Before = field(default_factory=Before)

    def run(self, suite_name: str, frame: "pd.DataFrame") -> list[Finding]:
        """One finding for each expectation and mart that was not met."""
        document = read_suite(self.settings, suite_name)
        of_the_run = bool(document["meta"].get("of_the_run"))
        return [
            replace(finding, of_the_run=of_the_run)
            for one in unmet(suite_name, document, frame)
            for finding in self._found(suite_name, one, frame)
        ]

    def _found(
        self, suite_name: str, one: dict[str, Any], frame: "pd.DataFrame"
    ) -> Iterator[Finding]:
        meta = one["meta"]
        bad = frame[_is_bad(one["kwargs"], frame)]
        if bad.empty or "mart" not in bad:
            # Without a bad row the library could not judge it, which is told all the same.
            yield self._finding(suite_name, meta, meta.get("mart", suite_name), bad)
            return
        for mart, rows in bad.groupby("mart"):
            yield self._finding(suite_name, meta, str(mart), rows)

    def _finding(
        self, suite_name: str, meta: dict[str, Any], mart: str, bad: "pd.DataFrame"
    ) -> Finding:
        count = len(bad) or None
        months = _days(bad, "month")
        says = meta["message"]
        if "source" in bad and "file_name" not in bad:
            says = f"{says.rstrip('.')}: {', '.join(sorted(set(bad['source'])))}"
        return Finding(
            suite=suite_name,
            mart=mart,
            rule=meta["rule"],
            level=meta["level"],
            rows=count,
            says=findings.in_words(mart, meta["rule"], says, count, months),
            likely_files=self._files(meta, mart, bad, months, self.before.new_ids),
            kept_files=self._files(meta, mart, bad, months, frozenset()),
        )

    def _files(
        self,
        meta: dict[str, Any],
        mart: str,
        bad: "pd.DataFrame",
        months: list[date],
        new: frozenset[tuple[str, str, str]],
    ) -> tuple[str, ...]:
        if "file_name" in bad:
            named = [f"landing/{row.source}/{row.file_name}" for row in bad.itertuples()]
            return tuple(named[-findings.MOST_FILES :])
        sources: Sequence[str] = meta.get("sources") or self.lineage.sources(mart)
        speaks_for = _days(bad, "file_of") or months
        if "source" in bad:
            sources, speaks_for = sorted(set(bad["source"])), []
        return findings.likely_files(self.manifest, sources, speaks_for, new)


def _days(frame: "pd.DataFrame", column: str) -> list[date]:
    import pandas as pd

    if column not in frame:
        return []
    return [day.date() for day in pd.to_datetime(frame[column]).dropna()]


def _is_bad(kwargs: dict[str, Any], frame: "pd.DataFrame") -> "pd.Series[bool]":
    """Which rows of a frame lie outside the bounds; what is null lies nowhere."""
    import pandas as pd

    bad = pd.Series(False, index=frame.index)
    if kwargs["column"] not in frame:
        return bad
    values = pd.to_numeric(frame[kwargs["column"]], errors="coerce")
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    if least is not None:
        bad |= values < least
    if most is not None:
        bad |= values > most
    return bad
