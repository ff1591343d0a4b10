"""Which files stand: revisions, ties, names, contracts, and that the order of arrival says nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arrivals import judged
from warehouse import contracts, lake
from warehouse.contracts import Registry
from warehouse.errors import CouldNotFinish
from warehouse.lake import Arrival
from warehouse.settings import Settings, project_root

REGISTRY: Registry = contracts.load(Settings(home=Path("unused"), project=project_root()))
TODAY = REGISTRY["hr_staff"].fingerprint
FIRST_NIGHT = datetime(2019, 4, 1, 2, 0, tzinfo=UTC)


def arrived(
    name: str = "hr_staff",
    sha256: str = "a" * 64,
    revision: int = 1,
    as_of: date = date(2019, 3, 31),
    **changes: object,
) -> Arrival:
    suffix = f"_r{revision}" if revision > 1 else ""
    own = {
        "file_name": f"{name}_{as_of}{suffix}.csv",
        "stem": name,
        "revision": revision,
        "sha256": sha256,
        "contract": TODAY,
        "rows_read": 10,
        "rows_loaded": 10,
        "received_at": FIRST_NIGHT,
    }
    return judged("hr_staff", as_of, **(own | changes))


def statuses(*arrivals: Arrival, known_on: date | None = None) -> dict[str, str]:
    rows = lake.standing(arrivals, REGISTRY, known_on=known_on)
    return {row.arrival.file_name: row.status for row in rows}


def test_the_highest_revision_stands_whole() -> None:
    assert statuses(
        arrived(), arrived(sha256="b" * 64, revision=2), arrived(sha256="c" * 64, revision=10)
    ) == {
        "hr_staff_2019-03-31.csv": "superseded",
        "hr_staff_2019-03-31_r2.csv": "superseded",
        "hr_staff_2019-03-31_r10.csv": "loaded",
    }


def test_a_rejected_reissue_replaces_nothing() -> None:
    rejected = arrived(sha256="b" * 64, revision=2, rejected=True, reason_code="missing_column")
    assert statuses(arrived(), rejected) == {
        "hr_staff_2019-03-31.csv": "loaded",
        "hr_staff_2019-03-31_r2.csv": "rejected",
    }


def test_files_of_two_stems_stand_side_by_side() -> None:
    assert set(statuses(arrived("north"), arrived("south", sha256="b" * 64)).values()) == {"loaded"}


def test_of_two_files_with_one_name_the_greater_hash_stands() -> None:
    rows = lake.standing([arrived(sha256="b" * 64), arrived(sha256="a" * 64)], REGISTRY)
    assert {row.arrival.sha256[0]: row.status for row in rows} == {"a": "superseded", "b": "loaded"}


def test_the_same_bytes_are_one_file_known_by_its_highest_revision() -> None:
    """Sent again as _r3, they outrank the _r2 that was to correct them."""
    assert statuses(arrived(), arrived(sha256="b" * 64, revision=2), arrived(revision=3)) == {
        "hr_staff_2019-03-31_r2.csv": "superseded",
        "hr_staff_2019-03-31_r3.csv": "loaded",
    }


def test_a_name_under_which_bytes_cannot_be_read_takes_nothing_from_one_under_which_they_can() -> (
    None
):
    """Plain text landed as .csv and, by mistake, as .csv.gz of a higher revision."""
    broken = arrived(
        file_name="hr_staff_2019-03-31_r2.csv.gz",
        revision=2,
        rejected=True,
        reason_code="unreadable",
    )
    for order in ((arrived(), broken), (broken, arrived())):
        assert statuses(*order) == {"hr_staff_2019-03-31.csv": "loaded"}


def test_the_same_bytes_under_two_dates_are_two_statements() -> None:
    assert len(statuses(arrived(), arrived(as_of=date(2019, 4, 30)))) == 2


def test_rows_in_quarantine_make_a_file_partly_loaded() -> None:
    assert statuses(arrived(rows_loaded=9, rows_quarantined=1)) == {
        "hr_staff_2019-03-31.csv": "partly_loaded"
    }


def test_a_file_read_again_under_a_new_contract_counts_once_and_keeps_its_first_night() -> None:
    """The older batch is listed beside it, superseded, with the counts that it had."""
    old = arrived(contract="0" * 64, rows_loaded=3, rows_quarantined=7)
    new = arrived(received_at=FIRST_NIGHT + timedelta(days=30))
    today, before = lake.manifest([old, new], REGISTRY)
    assert (today.status, today.read_again, today.arrival.rows_loaded) == ("loaded", False, 10)
    assert today.arrival.received_at == FIRST_NIGHT
    assert (before.status, before.read_again) == ("superseded", True)
    assert (before.arrival.rows_loaded, before.arrival.contract) == (3, "0" * 64)
    assert not before.stands
    assert lake.standing([old, new], REGISTRY) == [today]


def test_where_the_file_is_gone_its_batch_under_the_older_contract_stands() -> None:
    older = arrived(contract="0" * 64)
    newer = arrived(contract="1" * 64, received_at=FIRST_NIGHT + timedelta(days=1))
    row, before = lake.manifest([newer, older], REGISTRY)
    assert (row.status, row.arrival.contract) == ("loaded", "1" * 64)
    assert (before.status, before.arrival.contract) == ("superseded", "0" * 64)
    assert lake.older_readings([row, before], REGISTRY) == [
        lake.OlderReading("hr_staff", "1" * 64, 1, date(2019, 3, 31), date(2019, 3, 31))
    ]


def test_what_stands_under_todays_contract_is_no_older_reading() -> None:
    rows = lake.manifest([arrived(), arrived(contract="0" * 64)], REGISTRY)
    assert len(rows) == 2
    assert lake.older_readings(rows, REGISTRY) == []


def test_a_reading_that_rejected_the_file_left_no_batch_to_supersede() -> None:
    """The alias was missing; with it the file is loaded, and nothing is left of the refusal."""
    refused = arrived(contract="0" * 64, rejected=True, reason_code="missing_column")
    (row,) = lake.manifest([refused, arrived()], REGISTRY)
    assert row.status == "loaded"


def test_a_file_that_todays_mapping_rejects_no_longer_stands() -> None:
    refused = arrived(rejected=True, reason_code="missing_column")
    rows = lake.manifest([refused, arrived(contract="0" * 64)], REGISTRY)
    assert [(row.status, row.read_again) for row in rows] == [
        ("rejected", False),
        ("superseded", True),
    ]


def test_an_older_reading_goes_by_the_name_that_the_file_is_known_by() -> None:
    """The bytes came as first issue and as _r3, both read twice: two rows and not four."""
    arrivals = [
        arrived(revision=revision, contract=contract)
        for revision in (1, 3)
        for contract in (TODAY, "0" * 64)
    ]
    rows = lake.manifest(arrivals, REGISTRY)
    assert [(row.arrival.file_name, row.arrival.revision, row.status) for row in rows] == [
        ("hr_staff_2019-03-31_r3.csv", 3, "loaded"),
        ("hr_staff_2019-03-31_r3.csv", 3, "superseded"),
    ]


def test_a_past_state_has_no_older_reading_of_a_file_that_had_not_come() -> None:
    late = FIRST_NIGHT + timedelta(days=9)
    arrivals = [arrived(received_at=late), arrived(received_at=late, contract="0" * 64)]
    assert lake.manifest(arrivals, REGISTRY, known_on=date(2019, 4, 9)) == []


def test_a_past_state_knows_only_what_had_been_received() -> None:
    late = arrived(sha256="b" * 64, revision=2, received_at=FIRST_NIGHT + timedelta(days=9))
    assert statuses(arrived(), late, known_on=date(2019, 4, 9)) == {
        "hr_staff_2019-03-31.csv": "loaded"
    }
    assert statuses(arrived(), late, known_on=date(2019, 4, 10)) == {
        "hr_staff_2019-03-31.csv": "superseded",
        "hr_staff_2019-03-31_r2.csv": "loaded",
    }


files = st.builds(
    arrived,
    name=st.sampled_from(["north", "south"]),
    sha256=st.sampled_from(["a" * 64, "b" * 64, "c" * 64]),
    revision=st.integers(1, 3),
    as_of=st.sampled_from([date(2019, 3, 31), date(2019, 4, 30)]),
    rejected=st.booleans(),
    contract=st.sampled_from([TODAY, "0" * 64]),
)


@given(st.lists(files, max_size=8), st.randoms(use_true_random=False))
def test_what_stands_depends_neither_on_order_nor_on_repetition(arrivals, random) -> None:
    # The same name and bytes under one contract are judged alike, so keep one judgement of each.
    distinct = {(one.file_id, one.file_name, one.contract): one for one in arrivals}
    once = list(distinct.values())
    again = once + [random.choice(once) for _ in once]
    random.shuffle(again)
    assert lake.manifest(once, REGISTRY) == lake.manifest(again, REGISTRY)
    assert lake.standing(once, REGISTRY) == [
        row for row in lake.manifest(once, REGISTRY) if not row.read_again
    ]


@given(st.lists(files, max_size=8))
def test_exactly_one_file_of_an_export_stands_unless_all_were_rejected(arrivals) -> None:
    rows = lake.standing(arrivals, REGISTRY)
    exports = {(row.arrival.stem, row.arrival.as_of) for row in rows if not row.arrival.rejected}
    standing = [(row.arrival.stem, row.arrival.as_of) for row in rows if row.stands]
    assert sorted(standing, key=str) == sorted(exports, key=str)


def test_a_record_survives_being_written_and_read(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, project=project_root())
    undated = arrived(as_of=date(2019, 4, 30))
    undated = replace(undated, as_of=None, rejected=True, reason_code="no_as_of_date", sentence="…")
    for arrival in (arrived(), undated):
        lake.record(settings, arrival)
    assert sorted(map(str, lake.arrivals(settings))) == sorted(map(str, (arrived(), undated)))


def test_a_damaged_record_is_named_and_stops_the_night(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, project=project_root())
    lake.record(settings, arrived())
    path = lake.arrival_path(settings, arrived())
    path.write_text(path.read_text(encoding="utf-8")[:-30], encoding="utf-8")
    with pytest.raises(CouldNotFinish, match=path.name):
        lake.arrivals(settings)
