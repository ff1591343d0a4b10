"""The synthetic programme: deterministic exports of a children's social care service.

`write` plays a service through (`programme.py`) and writes what would be exported of it, by HR
(`exports.py`), by the programme's office (`participation_exports.py`) and by surveys
(`wellbeing_exports.py`), in the landing layout. Beside these tables stand what Teams and Zoom report
of online sessions (`meeting_reports.py`) and the yearly census return (`census_return.py`).
Everything is invented and says so: every row carries `synthetic` = `Y`. The same seed gives the same
bytes; each decision draws from a stream of its own (`streams.py`), so that a source that is added
later moves no figure that was there before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from operator import itemgetter
from pathlib import Path

from warehouse.generate.calendar import snapshot_dates
from warehouse.generate.census_return import csww_return
from warehouse.generate.effect import NO_EFFECT, Effect
from warehouse.generate.exports import (
    Document,
    Export,
    absence,
    hr_leavers,
    hr_staff,
    hr_vacancies,
)
from warehouse.generate.meeting_reports import attendance_teams, attendance_zoom
from warehouse.generate.participation_exports import (
    debriefs,
    group_attendance,
    group_members,
    group_sessions,
    groups,
)
from warehouse.generate.programme import Programme, simulate
from warehouse.generate.wellbeing_exports import (
    evidence_register,
    sword_results,
    wellbeing_survey,
)

__all__ = ["DOCUMENTS", "EXPORTERS", "Effect", "write"]

Exporter = Callable[[Programme, list[date]], Iterator[Export]]
EXPORTERS: dict[str, Exporter] = {
    "hr_staff": hr_staff,
    "hr_leavers": hr_leavers,
    "hr_vacancies": hr_vacancies,
    "absence": absence,
    "groups": groups,
    "group_members": group_members,
    "group_sessions": group_sessions,
    "group_attendance": group_attendance,
    "debriefs": debriefs,
    "wellbeing_survey": wellbeing_survey,
    "sword_results": sword_results,
    "evidence_register": evidence_register,
}
# What is no table comes as it is written.
DOCUMENTS: dict[str, Callable[[Programme, list[date]], Iterator[Document]]] = {
    "attendance_teams": attendance_teams,
    "attendance_zoom": attendance_zoom,
    "csww_return": csww_return,
}


def write(
    out: Path,
    *,
    seed: int = 1,
    staff: int = 280,
    start: date = date(2016, 10, 1),
    end: date = date(2021, 12, 31),
    every: str = "month",
    effect: Effect | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write a synthetic programme's exports below `out` and return their paths, in writing order.

    out: the landing folder, made if it is not there, with mode 0700; each source gets a folder.
    staff: permanent and fixed-term people, about; agency workers come on top.
    start, end: first and last day; the first snapshot is as of the month end on or after `start`.
    every: `month` (each month end up to `end`), `week` (each Sunday after the first month end) or
    `day`; reports of sessions and census returns have days of their own, whatever the cadence.
    effect: a known effect of the programme, none by default. progress: called with a sentence when
    a source is finished.

    A file appears under its name only when it is whole; one of that name that was there is
    replaced, other files are left alone. CSV in UTF-8, lines end in LF; reports of Teams in UTF-16,
    census returns in XML.
    Refuses, with BadConfiguration and before anything is written, what `simulate` and `snapshot_dates`
    refuse.
    """
    dates = snapshot_dates(start, end, every)
    programme = simulate(seed, staff, start, end, effect or NO_EFFECT)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[Path] = []
    for source in (*EXPORTERS, *DOCUMENTS):
        folder = out / source
        folder.mkdir(mode=0o700, exist_ok=True)
        files, rows = 0, 0
        for document in _documents(source, programme, dates):
            written.append(_write_whole(folder / document.file_name, document.content))
            files, rows = files + 1, rows + document.records
        if progress:
            progress(f"{source}: {files} files, {rows} rows, {dates[0]} to {dates[-1]}")
    return written


def _documents(source: str, programme: Programme, dates: list[date]) -> Iterator[Document]:
    """The files of one source as bytes, tables among them."""
    if source in DOCUMENTS:
        yield from DOCUMENTS[source](programme, dates)
        return
    for export in EXPORTERS[source](programme, dates):
        name, records = export.file_name, len(export.rows)
        yield Document(source, export.as_of, name, _as_csv(export), records)


def _as_csv(export: Export) -> bytes:
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(export.columns)
    lines.writerows(map(itemgetter(*export.columns), export.rows))
    return text.getvalue().encode("utf-8")


def _write_whole(path: Path, content: bytes) -> Path:
    """Write under a name that ingest does not look at, then give the file its own name at once."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
