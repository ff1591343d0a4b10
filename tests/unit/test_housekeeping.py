"""Housekeeping removes what has served, when it said it would, and nothing that is still needed."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests import arrivals
from warehouse import contracts, housekeeping, lake, lock, nightly, publish
from warehouse.errors import AnotherRunHoldsTheLock, BadConfiguration
from warehouse.files import sha256_of
from warehouse.settings import Settings

RECEIVED = datetime(2026, 3, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("WAREHOUSE_KEEP_LANDING_DAYS", raising=False)
    monkeypatch.delenv("WAREHOUSE_KEEP_REJECTED_DAYS", raising=False)
    return Settings(home=tmp_path / "home", project=Path(__file__).parents[2], keep_versions=2)


def land(settings: Settings, name: str) -> Path:
    path = settings.landing / "hr_staff" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"the bytes of {name}", encoding="utf-8")
    return path


def judged(
    settings: Settings, path: Path, *, rejected: bool = False, contract: str | None = None
) -> None:
    """The record that the night leaves of a landing file which it received on 1 March, 03:00."""
    lake.record(
        settings,
        arrivals.judged(
            "hr_staff",
            date(2026, 2, 28),
            file_name=path.name,
            sha256=sha256_of(path),
            contract=contract or contracts.load(settings)["hr_staff"].fingerprint,
            rejected=rejected,
            reason_code="empty" if rejected else None,
            received_at=RECEIVED,
        ),
    )


def test_a_loaded_file_goes_30_days_after_it_came_and_not_a_moment_before(
    settings: Settings,
) -> None:
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path)
    early = housekeeping.run(settings, now=RECEIVED + 30 * DAY - timedelta(seconds=1))
    assert (early.status, path.exists()) == ("nothing_to_tidy", True)
    said: list[str] = []
    ended = housekeeping.run(settings, said.append, now=RECEIVED + 30 * DAY)
    assert (ended.status, ended.files, path.exists()) == ("tidied", 1, False)
    assert said == ["Removed from landing (loaded): hr_staff/hr_staff_2026-02-28.csv."]


def test_a_rejected_file_waits_for_90_days(settings: Settings) -> None:
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path, rejected=True)
    housekeeping.run(settings, now=RECEIVED + 89 * DAY)
    assert path.exists()
    housekeeping.run(settings, now=RECEIVED + 90 * DAY)
    assert not path.exists()


def test_a_night_without_airflow_clears_landing_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged long before today; what landed last is judged by this night and stays."""
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "5a" * 32)
    monkeypatch.setattr(nightly, "_publish_if_changed", lambda *_: nightly.Outcome("nothing_new"))
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path, rejected=True)
    (arrival,) = lake.arrivals(settings)
    lake.record(settings, replace(arrival, received_at=datetime(2020, 1, 1, tzinfo=UTC)))
    fresh = land(settings, "hr_staff_2026-03-31.csv")
    said: list[str] = []
    nightly.run(settings, said.append)
    assert (path.exists(), fresh.exists()) == (False, True)
    assert "Removed from landing (rejected): hr_staff/hr_staff_2026-02-28.csv." in said


def test_a_file_that_nobody_has_judged_stays_however_old_it_is(settings: Settings) -> None:
    judged(settings, land(settings, "hr_staff_2026-02-28.csv"))
    waiting = land(settings, "hr_staff_2026-03-31.csv")
    housekeeping.run(settings, now=RECEIVED + 4000 * DAY)
    assert list(waiting.parent.iterdir()) == [waiting]


def test_a_file_that_another_file_has_replaced_under_its_name_is_a_new_file(
    settings: Settings,
) -> None:
    """The same name with other bytes has not been judged yet."""
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path)
    path.write_text("other bytes", encoding="utf-8")
    housekeeping.run(settings, now=RECEIVED + 4000 * DAY)
    assert path.exists()


def test_a_file_waits_for_the_night_that_judges_it_under_a_changed_contract(
    settings: Settings,
) -> None:
    """It may be the only place that holds what the contract now asks for."""
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path, contract="0" * 64)
    housekeeping.run(settings, now=RECEIVED + 31 * DAY)
    assert path.exists()
    judged(settings, path)
    housekeeping.run(settings, now=RECEIVED + 31 * DAY)
    assert not path.exists()


def test_what_will_go_is_announced_for_a_week_before(settings: Settings) -> None:
    """Received on 1 March, 03:00: it goes on 31 March, and is announced from 24 March on."""
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path)
    day_before = datetime(2026, 3, 24, 2, 59, tzinfo=UTC)
    assert housekeeping.due(settings, now=day_before) == []
    (one,) = housekeeping.due(settings, now=datetime(2026, 3, 24, 3, tzinfo=UTC))
    assert one == housekeeping.Due(
        "hr_staff",
        "hr_staff_2026-02-28.csv",
        "loaded",
        datetime(2026, 3, 31, 3, tzinfo=UTC),
        path,
    )


def test_retention_is_a_setting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = land(settings, "hr_staff_2026-02-28.csv")
    judged(settings, path)
    monkeypatch.setenv("WAREHOUSE_KEEP_LANDING_DAYS", "3")
    housekeeping.run(settings, now=RECEIVED + 3 * DAY)
    assert not path.exists()


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "a month"])
def test_a_retention_that_is_no_number_of_days_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_KEEP_LANDING_DAYS", value)
    with pytest.raises(BadConfiguration, match="WAREHOUSE_KEEP_LANDING_DAYS"):
        housekeeping.run(settings)


def test_versions_beyond_the_kept_ones_go_but_never_the_current_one(settings: Settings) -> None:
    """Two are kept of four; the oldest is the current one since a rollback, so one goes."""
    for version in ("20260101", "20260102", "20260103", "20260104"):
        for folder in ("board", "analyst"):
            place = settings.published / "versions" / version / folder
            place.mkdir(parents=True)
            (place / f"{folder}.duckdb").touch()
    publish.flip(settings, "20260101")
    ended = housekeeping.run(settings)
    assert publish.kept_versions(settings) == ["20260101", "20260103", "20260104"]
    assert ended.messages == (
        "Removed: 0 landing files, 1 version, 0 versions of past days, 0 log files. "
        "No figure that is published changes.",
    )


def test_what_was_built_of_a_past_day_goes_after_30_days(settings: Settings) -> None:
    """Written at the moment of the one folder and a second later of the other."""
    now = datetime.now(UTC)
    old, young = (settings.build / f"as_known_on_2020-01-{day}" for day in ("01", "02"))
    for folder, moment in ((old, now - 30 * DAY), (young, now - 30 * DAY + timedelta(seconds=1))):
        (folder / "analyst").mkdir(parents=True)
        (folder / "analyst/analyst.duckdb").touch()
        os.utime(folder, (moment.timestamp(),) * 2)
    said: list[str] = []
    ended = housekeeping.run(settings, said.append, now=now)
    assert (ended.status, old.exists(), young.exists()) == ("tidied", False, True)
    assert said == ["Removed build/as_known_on_2020-01-01."]
    assert "1 version of a past day," in ended.messages[0]


def test_logs_older_than_30_days_go_airflows_too(settings: Settings, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    airflow = tmp_path / "airflow_logs"
    old = [settings.logs / "dbt" / "old.log", airflow / "dag_id=ingest_hr" / "attempt=1.log"]
    young = settings.logs / "young.log"
    for path in (*old, young):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in old:
        moment = (now - 31 * DAY).timestamp()
        os.utime(path, (moment, moment))
    housekeeping.run(settings, now=now, more_logs=[airflow])
    assert not any(path.exists() for path in old)
    assert young.exists()


def test_housekeeping_waits_for_a_run_that_is_at_work(settings: Settings) -> None:
    settings.control.mkdir(parents=True)
    with lock.held(settings), pytest.raises(AnotherRunHoldsTheLock):
        housekeeping.run(replace(settings))
