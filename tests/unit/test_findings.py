"""What a check says, which files it names, and what becomes of a dbt test that fails."""

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.arrivals import judged
from warehouse import build, dbt_process, findings, publish
from warehouse.dbt_process import DbtProcess
from warehouse.errors import CouldNotFinish, GateFailed
from warehouse.findings import Finding, Lineage
from warehouse.lake import Standing
from warehouse.publish import Publication
from warehouse.settings import Settings, project_root

FIRST_NIGHT = datetime(2019, 6, 1, 2, 0, tzinfo=UTC)
LINEAGE = {
    "model.warehouse.stg_hr_staff": ["source.warehouse.lake.hr_staff"],
    "model.warehouse.stg_hr_leavers": ["source.warehouse.lake.hr_leavers"],
    "model.warehouse.int_spells": [
        "model.warehouse.stg_hr_staff",
        "model.warehouse.stg_hr_leavers",
        "source.warehouse.ops.load_manifest",
    ],
    "model.warehouse.retention_monthly": ["model.warehouse.int_spells", "seed.warehouse.holidays"],
    "test.warehouse.not_null_retention_monthly_fte.1a2b": ["model.warehouse.retention_monthly"],
    "test.warehouse.holidays_reach.3c4d": ["model.warehouse.retention_monthly"],
}


def landed(source: str, as_of: date, status: str = "loaded") -> Standing:
    return Standing(judged(source, as_of), status)


MARCH, APRIL, MAY = date(2019, 3, 31), date(2019, 4, 30), date(2019, 5, 31)
ALL_AT_ONCE = [landed(source, day) for source in ("hr_staff", "hr_leavers")
               for day in (MARCH, APRIL, MAY)]  # fmt: skip


def test_a_sentence_names_mart_rule_rows_months_and_files() -> None:
    said = findings.in_words("retention_monthly", "fte_plausible", "it is odd.", 2, [MAY, MARCH])
    assert said == "retention_monthly, rule fte_plausible: it is odd (2 rows, 2019-03 to 2019-05)."
    found = Finding("s", "m", "r", "warn", 2, said, ("landing/a", "landing/b"), ("landing/c",))
    assert found.message == f"{said} Likely cause: landing/a, landing/b."
    assert findings.in_words("m", "r", "it is odd.", 1) == "m, rule r: it is odd (1 row)."
    assert findings.in_words("m", "r", "it is odd.", None).endswith("(could not be judged).")


def test_without_a_month_the_newest_file_of_each_source_is_named() -> None:
    assert findings.likely_files(ALL_AT_ONCE, ["hr_staff", "hr_leavers"]) == (
        "landing/hr_staff/hr_staff_2019-05-31.csv",
        "landing/hr_leavers/hr_leavers_2019-05-31.csv",
    )


def test_the_file_that_speaks_for_a_failing_month_comes_before_the_newest() -> None:
    assert findings.likely_files(ALL_AT_ONCE, ["hr_staff", "hr_leavers"], [APRIL]) == (
        "landing/hr_staff/hr_staff_2019-04-30.csv",
        "landing/hr_leavers/hr_leavers_2019-04-30.csv",
        "landing/hr_staff/hr_staff_2019-05-31.csv",
        "landing/hr_leavers/hr_leavers_2019-05-31.csv",
    )


def test_what_is_new_comes_first_whatever_day_it_speaks_for() -> None:
    """A late file of March: all else passed before, in the same hour or a year ago."""
    late = landed("hr_leavers", date(2019, 3, 15))
    named = findings.likely_files(
        [*ALL_AT_ONCE, late], ["hr_staff", "hr_leavers"], [MAY], {late.arrival.file_id}
    )
    assert named[0] == "landing/hr_leavers/hr_leavers_2019-03-15.csv"
    assert len(named) == 3


def test_what_no_version_has_yet_is_new() -> None:
    known, late = landed("hr_staff", APRIL), landed("hr_staff", MAY)
    published = Publication("v1", "2019-06-01", "i", ("|".join(known.arrival.file_id),))
    new = publish.not_yet_published([published], [known, late])
    assert findings.Before(tuple(new)).new_ids == {late.arrival.file_id}


def test_a_file_that_does_not_stand_and_a_closed_month_are_not_named() -> None:
    rows = [
        landed("hr_staff", MARCH),
        landed("hr_staff", APRIL, status="rejected"),
        landed("hr_staff", MAY, status="superseded"),
        landed("closed_months", MAY),
    ]
    assert findings.likely_files(rows, ["hr_staff", "closed_months"], [MAY]) == (
        "landing/hr_staff/hr_staff_2019-03-31.csv",
    )


def test_no_more_than_four_files_are_named() -> None:
    sources = ["hr_staff", "hr_leavers", "hr_vacancies", "absence", "debriefs"]
    rows = [landed(source, MAY) for source in sources]
    assert len(findings.likely_files(rows, sources)) == findings.MOST_FILES == 4


def test_lineage_goes_through_models_to_the_lake_alone() -> None:
    lineage = Lineage(LINEAGE)
    assert lineage.sources("retention_monthly") == ("hr_staff", "hr_leavers")
    assert lineage.sources("not_null_retention_monthly_fte") == ("hr_staff", "hr_leavers")
    assert lineage.sources("stg_hr_leavers") == ("hr_leavers",)
    assert lineage.sources("nobody_knows_it") == ()
    assert lineage.tested("not_null_retention_monthly_fte") == "retention_monthly"
    assert lineage.tested("nobody_knows_it") == "nobody_knows_it"


class HasEnded(DbtProcess):
    """dbt, when it is over."""

    def __init__(self, settings: Settings, exit_status: int) -> None:
        super().__init__(settings)
        self._exit_status = exit_status

    def wait(self, seconds: float) -> int | None:
        return self._exit_status


def finished(
    home: Path, code: int, query: str | None = None, **ended: tuple[str, int | None]
) -> list[findings.Finding]:
    """What a build makes of dbt's end: {node: (status, rows that a test found)}; ``query``: the SQL of all."""
    settings = Settings(home=home, project=project_root())
    target = dbt_process.target(settings)
    target.mkdir(parents=True)
    dbt_process.log_path(settings).parent.mkdir(parents=True)
    dbt_process.log_path(settings).write_text("dbt said nothing.", encoding="utf-8")
    names = {one.split(".")[2]: one for one in LINEAGE}
    results = [
        {"unique_id": names[name], "status": status, "failures": failures, "compiled_code": query}
        for name, (status, failures) in ended.items()
    ]
    dbt_process.results_path(settings).write_text(
        json.dumps({"results": results}), encoding="utf-8"
    )
    dbt_process.lineage_path(settings).write_text(json.dumps(LINEAGE), encoding="utf-8")
    return build.finish_dbt(
        settings, HasEnded(settings, code), ALL_AT_ONCE, findings.Before(), lambda _: None
    )


def test_a_failing_dbt_test_names_its_mart_its_rows_and_the_newest_files(tmp_path: Path) -> None:
    with pytest.raises(GateFailed) as stopped:
        finished(
            tmp_path,
            1,
            retention_monthly=("success", None),
            not_null_retention_monthly_fte=("fail", 3),
        )
    said = str(stopped.value)
    assert said.startswith("1 dbt test(s) failed. retention_monthly, rule not_null_retention_")
    assert "(3 rows). Likely cause: landing/hr_staff/hr_staff_2019-05-31.csv, landing/hr_l" in said
    assert "Nothing was published and the last good version stands. logs/dbt/last_build.log" in said


def test_a_dbt_test_that_looks_at_many_marts_names_those_of_its_rows(tmp_path: Path) -> None:
    """Of two keys that lead nowhere both places are told, and the keys are not. The named mart's sources
    are staff alone, so no file of leavers is named, which is behind the test as a whole."""
    build_file = dbt_process.build_file(Settings(home=tmp_path, project=project_root()))
    build_file.parent.mkdir(parents=True)
    with build.connect(build_file) as connection:
        connection.execute(
            "create table lost as from (values ('stg_hr_staff', 'start_date', 'nowhere'), "
            "('stg_hr_staff', 'team', 'nobody')) as found (mart, column_name, key)"
        )
    query = "-- Rows of several marts.\nselect * from lost -- as they are"
    with pytest.raises(GateFailed) as stopped:
        finished(tmp_path, 1, query, not_null_retention_monthly_fte=("fail", 2))
    said = str(stopped.value)
    assert "stg_hr_staff, rule not_null_retention_monthly_fte: " in said
    assert ": stg_hr_staff.start_date; stg_hr_staff.team (2 rows). Likely cause: " in said
    assert "landing/hr_staff/" in said
    assert "landing/hr_leavers/" not in said
    assert "nowhere" not in said


def test_a_dbt_test_that_warns_is_a_finding_and_stops_nothing(tmp_path: Path) -> None:
    (found,) = finished(
        tmp_path, 0, retention_monthly=("success", None), holidays_reach=("warn", 1)
    )
    assert (found.suite, found.mart, found.rule) == ("dbt", "retention_monthly", "holidays_reach")
    assert (found.level, found.rows) == ("warn", 1)


def test_a_model_that_breaks_is_no_gate(tmp_path: Path) -> None:
    with pytest.raises(CouldNotFinish, match="at retention_monthly"):
        finished(tmp_path, 1, retention_monthly=("error", None))


def test_a_full_disk_is_known_though_dbts_log_was_cut_before_it_could_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has words, and none of space: what came first may have filled the page it got."""

    def full(**_: object) -> object:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(build, "TemporaryFile", full)
    with pytest.raises(CouldNotFinish, match=f"The disk that holds {tmp_path} is full"):
        finished(tmp_path, 1)


def test_without_lineage_a_finding_names_no_file() -> None:
    nowhere = Settings(home=Path("nowhere"), project=project_root())
    assert findings.read_lineage(nowhere).sources("retention_monthly") == ()
    assert findings.likely_files(ALL_AT_ONCE, ()) == ()
    undated = replace(ALL_AT_ONCE[0].arrival, as_of=None)
    assert findings.likely_files([Standing(undated, "rejected")], ["hr_staff"]) == ()
