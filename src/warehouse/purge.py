"""Purge leavers' person-level rows once they have been gone for a number of years.

Months are closed first (``closing``), then the tombstones of the purge are written, then it is
carried out like an erasure, then a new version is published. Each step finds out by itself whether it
was done, so after a kill the next run ends it. Every figure stays as it was: of closed months because
they are closed, of open ones because nobody is purged whom one of them needs.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse import closing, erasure, lake, nightly, publish, purged_rows, tombstones
from warehouse.contracts import Registry
from warehouse.erasure import Place
from warehouse.errors import CouldNotFinish
from warehouse.nightly import Outcome, Say, silent
from warehouse.settings import Settings

# An open month looks back so far: leavers, stability and mean headcount over twelve months.
OPEN_MONTHS_LOOK_BACK = 12


@dataclass(frozen=True)
class Due:
    """What a purge would do today. ``closed_until``: the last month end that it closes.

    ``people``: whose every service had ended by ``left_by``, a year before.
    """

    closed_until: date
    left_by: date
    people: int


@dataclass(frozen=True)
class Purge:
    """What a purge did. ``held_back``: people whom an open month still counts as invited."""

    closed_until: date | None = None
    rows_closed: int = 0
    people: int = 0
    held_back: int = 0
    places: tuple[Place, ...] = ()
    outcome: Outcome = field(default_factory=lambda: Outcome(status="nothing_to_purge"))

    def as_dict(self) -> dict[str, object]:
        """For a machine."""
        facts = asdict(self)
        outcome = facts.pop("outcome")
        facts["closed_until"] = str(self.closed_until) if self.closed_until else None
        return facts | {"status": outcome["status"], "version": outcome["version"]}


def due(settings: Settings) -> Due | None:
    """Whom the published version shows to be due; None where nobody is, or where nobody is ever purged.

    Changes nothing. Raises CouldNotFinish where the published file cannot be read.
    """
    if settings.keep_leavers_years is None or publish.current_version(settings) is None:
        return None
    path = (settings.published / publish.CURRENT / publish.ANALYST).resolve()
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _due(connection, settings.keep_leavers_years)
    except duckdb.Error as error:
        raise CouldNotFinish(
            f"The published file could not be read ({type(error).__name__}), so it is not known who is due "
            "to be purged. Go back with warehouse rollback, or make it anew with warehouse build."
        ) from None


def run(settings: Settings, say: Say = silent) -> Purge:
    """Purge who is due, and publish a version without them; nothing is done where nobody is.

    Takes two builds, since what is closed is taken from a build of today's lake that passed its
    gates. Raises WarehouseError; a second call goes on where a first one ended.
    """
    if due(settings) is None:
        return Purge()
    done: list[Purge] = []

    def purge(registry: Registry) -> None:
        done.append(_close_and_bury(settings, registry, say))
        if done[0].people:
            places = erasure.take_out_the_buried(settings, registry)
            done[0] = Purge(**{**vars(done[0]), "places": tuple(places)})

    outcome = nightly.build(settings, skip_without_staff=True, first=purge, say=say)
    if not done or not (done[0].people or done[0].held_back):
        return Purge(outcome=outcome)
    return Purge(**{**vars(done[0]), "outcome": outcome})


def _close_and_bury(settings: Settings, registry: Registry, say: Say) -> Purge:
    found = Purge()
    years = settings.keep_leavers_years
    assert years is not None

    def from_build(build_file: Path) -> None:
        nonlocal found
        with duckdb.connect(str(build_file), read_only=True) as connection:
            now_due = _due(connection, years)
            if now_due is None:
                return
            last_days, held_back = _last_days(connection, now_due)
        found = Purge(now_due.closed_until, 0, len(last_days), held_back)
        if not last_days:
            return
        say(f"Closing the months to {now_due.closed_until} …")
        closed = closing.close(settings, registry, build_file, now_due.closed_until)
        found = Purge(now_due.closed_until, closed, len(last_days), held_back)
        keys = last_days | _email_keys(settings, last_days)
        tombstones.bury_leavers(
            settings, keys, _known_until(settings, registry), now_due.closed_until
        )

    nightly.look_at_todays_marts(settings, registry, from_build, say)
    return found


def _due(connection: duckdb.DuckDBPyConnection, years: int) -> Due | None:
    """Who is due by the marts of this file, be it published or under way."""
    latest = connection.execute("select latest_hr_staff_as_of from marts.release_info").fetchone()
    if latest is None or latest[0] is None or latest[0].year <= years:
        return None
    row = connection.execute(
        f"""
        with closed as (
            select max(month_end) as closed_until from marts.retention_monthly
            where month_end <= $latest::date - to_years($years)
        ),
        bounds as (
            select closed_until,
                last_day((closed_until - to_months({OPEN_MONTHS_LOOK_BACK}))::date) as left_by
            from closed where closed_until is not null
        ),
        people as (
            select staff_key, bool_and(coalesce(last_day <= left_by, false)) as has_left
            from marts.staff_spells cross join bounds group by staff_key
        )
        select any_value(closed_until), any_value(left_by), count(*)
        from bounds cross join people where has_left
        """,
        {"latest": latest[0], "years": years},
    ).fetchone()
    return Due(*row) if row and row[2] else None


def _last_days(connection: duckdb.DuckDBPyConnection, now_due: Due) -> tuple[dict[str, date], int]:
    """({staff key: last day in post} of who goes, how many are held back).

    A group's list may go on naming somebody who left: the open months that count them as invited would
    change, so they stay until the list, or the month, lets go of them.
    """
    rows = connection.execute(
        """
        with people as (
            select staff_key, max(last_day) as last_day from marts.staff_spells
            group by staff_key having bool_and(coalesce(last_day <= $left_by, false))
        ),
        invited as (
            select distinct staff_key from intermediate.int_participation__invitations
            where session_date > $closed_until
        )
        select staff_key, last_day, invited.staff_key is not null
        from people left join invited using (staff_key)
        order by staff_key
        """,
        {"left_by": now_due.left_by, "closed_until": now_due.closed_until},
    ).fetchall()
    going = {key: last_day for key, last_day, is_held_back in rows if not is_held_back}
    return going, len(rows) - len(going)


def _email_keys(settings: Settings, last_days: dict[str, date]) -> dict[str, date]:
    """{key of an e-mail address: last day} of the addresses that these people had and nobody else."""
    batches = [str(path) for path in sorted((settings.lake / "hr_staff").glob("*.parquet"))]
    with duckdb.connect(config={"temp_directory": "", "threads": 2}) as connection:
        found = connection.execute(
            """
            select email_key, any_value(staff_key)
            from read_parquet($batches, union_by_name = true)
            where email_key is not null
            group by email_key having count(distinct staff_key) = 1
            """,
            {"batches": batches},
        ).fetchall()
    return {email: last_days[key] for email, key in found if key in last_days}


def _known_until(settings: Settings, registry: Registry) -> date:
    """The last day that any standing file speaks for that names people; never one to come."""
    named = [
        row.arrival.as_of
        for row in lake.standing(lake.arrivals(settings), registry)
        if row.stands
        and row.arrival.as_of
        and row.arrival.source in registry
        and purged_rows.columns(registry[row.arrival.source])
    ]
    return min(max(named), datetime.now(UTC).date())


def announced(now_due: Due) -> str:
    """What ``warehouse status`` says before."""
    return (
        f"Due to be purged: {now_due.people} people who left by {now_due.left_by}; the months to "
        f"{now_due.closed_until} are closed before, and their figures stay as they are."
    )


def in_words(purge: Purge) -> list[str]:
    """What a purge did, as sentences for a person; no key."""
    if purge.closed_until is None and purge.outcome.status == "published":
        return [
            f"A purge that was cut short has been ended: version {purge.outcome.version} is without the "
            "people whom it was for. Nobody else is due."
        ]
    if purge.closed_until is None:
        return ["Nobody is due to be purged."]
    said = [
        f"Purged {purge.people} people whose service ended a year or more before {purge.closed_until}; "
        f"{purge.rows_closed} rows of the months to that day were closed first."
    ]
    said += [f"  {one.place}: {one.removed} rows removed, {one.emptied} kept without the key."
             for one in _counted(purge.places)]  # fmt: skip
    if purge.held_back:
        said.append(
            f"Held back: {purge.held_back} people who left as long ago but are still on the list of a group "
            "that met since. Give them a left_on in the list of members."
        )
    said += list(purge.outcome.messages)
    published = purge.outcome.status == "published"
    said.append(
        f"Published version {purge.outcome.version} is without them."
        if published
        else f"No new version was published ({purge.outcome.status})."
    )
    return said


def _counted(places: Iterable[Place]) -> list[Place]:
    return [one for one in places if one.removed or one.emptied]
