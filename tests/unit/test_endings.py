"""How commands end that could not do all they were asked: exit status, sentence and last line."""

import errno
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.erasures import STAFF, STAFF_KEY, holders, new_home, without_dbt
from warehouse import build as dbt
from warehouse import cli, erasure, nightly, operations, publish, still_open
from warehouse import settings as warehouse_settings
from warehouse.dbt_process import DbtProcess
from warehouse.errors import BadConfiguration, CouldNotFinish, GateFailed
from warehouse.ingest import batch
from warehouse.settings import Settings

# Two good rows, and one with 9 FTE.
SNAPSHOT = STAFF + "".join(
    f"{number},Jane,{number}@example.org,MASH,case_holder,Y,permanent,{fte},2018-05-01\n"
    for number, fte in ((7, 1), (8, 0.8), (9, 9))
)
LEAVERS = (
    "employee_id,start_date,leaving_date,leaving_reason,record_status\n"
    "7,2018-05-01,2019-03-20,resignation,leaver\n"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing with one staff snapshot and one file of leavers, in a process that starts no dbt."""
    without_dbt(monkeypatch)
    monkeypatch.setattr(DbtProcess, "warm_up", lambda _: None)
    for name, text in (("hr_staff", SNAPSHOT), ("hr_leavers", LEAVERS)):
        path = tmp_path / f"home/landing/{name}/{name}_2019-03-31.csv"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "home"


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


TAKEN_IN = {"files": 2, "rows_loaded": 3, "rows_quarantined": 1, "files_rejected": 0}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (GateFailed("Held back."), "gate_failed", 4),
        (CouldNotFinish("Stopped."), "failed", 1),
        (OSError(errno.EIO, "Input/output error"), "failed", 1),
    ],
)
def test_a_night_that_fails_says_in_its_last_line_what_it_had_taken_in(
    error: Exception,
    status: str,
    code: int,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two files: 2 + 1 good rows, one bad one. No version was made, so none is named."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(nightly, "_publish_if_changed", fail)
    assert cli.main(["nightly", "--home", str(home)]) == code
    told = last_line(capsys)
    assert told.pop("seconds") > 0
    assert told == {"status": status, "version": None, **TAKEN_IN}


def test_a_night_that_ends_in_a_way_nobody_foresaw_has_its_last_line_too(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(nightly, "_publish_if_changed", fail)
    with pytest.raises(RuntimeError, match="unforeseen"):
        cli.main(["nightly", "--home", str(home)])
    told = last_line(capsys)
    assert told.pop("seconds") > 0
    assert told == {"status": "failed", "version": None, **TAKEN_IN}


def test_what_was_taken_in_before_a_file_that_ends_the_night_is_counted(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The leavers come first: their one row stays taken in; the snapshot cannot be written."""
    written = batch.write

    def until_staff(connection: Any, settings: Any, contract: Any, *rest: Any) -> Any:
        if contract.source == "hr_staff":
            raise CouldNotFinish("The disk is full.")
        return written(connection, settings, contract, *rest)

    monkeypatch.setattr(batch, "write", until_staff)
    assert cli.main(["nightly", "--home", str(home)]) == 1
    told = last_line(capsys)
    assert told["seconds"] > 0
    assert [told[name] for name in TAKEN_IN] == [1, 1, 0, 0]


def no_home_there(tmp_path: Path, kind: str) -> Path:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "link").symlink_to("nowhere/at/all")
    # Not even root can make a folder in /proc.
    return {
        "a file": tmp_path / "file",
        "below a file": tmp_path / "file/var",
        "cannot be made": Path("/proc/no_home"),
        "a link to nothing": tmp_path / "link",
    }[kind]


@pytest.mark.parametrize(
    "command",
    [
        ["nightly"],
        ["build"],
        ["build", "--as-known-on", "2020-01-01"],
        ["release", "--reason", "x"],
        ["preview", "x.csv", "--source", "hr_staff"],
        ["export", "--out", "out"],
        ["accept", "x.csv", "--reason", "x"],
        ["erase", "--employee-id", "-", "--reason", "x"],
        ["purge"],
        ["subject-access", "--employee-id", "-"],
        ["status"],
        ["query", "select 1"],
        ["describe"],
        ["rollback"],
        ["dashboard"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
@pytest.mark.parametrize("kind", ["a file", "below a file"])
def test_no_command_takes_a_file_for_its_home(
    kind: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = no_home_there(tmp_path, kind)
    assert cli.main([*command, "--home", str(where)]) == 2
    assert f"{where} cannot be a warehouse home" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["cannot be made", "a link to nothing"])
@pytest.mark.parametrize(
    "command", [["nightly"], ["build"], ["build", "--as-known-on", "2020-01-01"]]
)
def test_a_home_that_cannot_be_made_is_a_setting_to_be_mended(
    command: list[str], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = no_home_there(tmp_path, kind)
    assert cli.main([*command, "--home", str(where)]) == 2
    said = capsys.readouterr()
    assert f"{where} cannot be a warehouse home" in said.err
    assert "--home or WAREHOUSE_HOME" in said.err
    assert json.loads(said.out.splitlines()[-1])["status"] == "failed"


def test_a_home_that_may_only_be_read_is_a_setting_for_every_command(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rolling back takes the lock, which is a file of the home."""
    (home / "control").mkdir()
    opened = os.open

    def read_only(path: Any, flags: int, *mode: int, **more: Any) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(home)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *mode, **more)

    monkeypatch.setattr(os, "open", read_only)
    assert cli.main(["rollback", "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert f"{home}/control/lock cannot be written" in said
    assert said.count("\n") == 1


def test_what_the_database_says_stays_in_a_log_until_the_next_build_or_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cast that fails repeats the value, and the sentence goes into mails and webhooks."""
    built = nightly._publish_if_changed
    without_dbt(monkeypatch)
    monkeypatch.setattr(DbtProcess, "warm_up", lambda _: None)
    settings = new_home(tmp_path / "home")
    log = settings.logs / "database_error.log"

    def cast(*_: object) -> None:
        raise duckdb.ConversionException(f"Could not convert string '{STAFF_KEY}' to INT32")

    with monkeypatch.context() as broken:
        broken.setattr(dbt, "prepare", cast)
        broken.setattr(nightly, "_publish_if_changed", built)
        with pytest.raises(CouldNotFinish) as told:
            nightly.build(settings)
    assert STAFF_KEY not in str(told.value)
    assert "(ConversionException)" in str(told.value)
    assert "logs/database_error.log" in str(told.value)
    assert told.value.__cause__ is None
    assert STAFF_KEY in log.read_text(encoding="utf-8")

    erasure.erase(settings, "ERASE-ME-77", "asked for")
    assert holders(settings) == []
    assert not log.exists()

    log.write_text("of the build before\n", encoding="utf-8")

    def stop(*_: object) -> None:
        raise CouldNotFinish("Stopped.")

    monkeypatch.setattr(dbt, "prepare", stop)
    monkeypatch.setattr(nightly, "_publish_if_changed", built)
    with pytest.raises(CouldNotFinish, match="Stopped"):
        nightly.build(settings)
    assert not log.exists()


@pytest.fixture
def writes_aside(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose builds pass every gate at once, and whose versions are one file each."""
    settings = warehouse_settings.load(home)
    nightly.ingest(settings=settings)

    def built(
        settings: Settings, registry: Any, manifest: Any, new: Any, version: str, built_at: Any,
        process: Any, then: Any, *_: Any,
    ) -> str:  # fmt: skip
        return str(then(Path("unused")))

    def write(build_file: Path, folder: Path) -> None:
        (folder / "analyst").mkdir()
        (folder / publish.ANALYST).write_text(str(datetime.now(UTC)), encoding="utf-8")

    monkeypatch.setattr(nightly, "_built", built)
    monkeypatch.setattr(publish, "write_version", write)
    return settings


def test_without_a_folder_the_past_is_written_into_the_home_once_for_each_day(
    writes_aside: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(writes_aside.home)]
    folder = writes_aside.build / "as_known_on_2999-12-31"
    seen = []
    for day in ("2999-12-31", "2999-12-31", "2999-12-30"):
        assert cli.main(["build", "--as-known-on", day, *home]) == 0
        said = capsys.readouterr().out
        assert str(writes_aside.build / f"as_known_on_{day}") in said
        told = json.loads(said.splitlines()[-1])
        assert told["status"] == "built"
        facts = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        assert facts["known_on"] == "2999-12-31"
        seen.append((folder / "analyst.duckdb").read_text(encoding="utf-8"))
    assert seen[0] != seen[1] == seen[2]
    assert publish.folders_with_people(writes_aside) == [
        folder.with_name("as_known_on_2999-12-30"),
        folder,
    ]
    assert publish.kept_versions(writes_aside) == []
    # A night sweeps its scratch and what was left half-written, and nothing else.
    half = writes_aside.build / ".as_known_on_2020-01-01.part"
    half.mkdir()
    nightly.ingest(settings=writes_aside)
    assert folder.is_dir()
    assert not half.exists()


@pytest.mark.parametrize("date_given", [[], ["--as-known-on", "2999-12-31"]])
@pytest.mark.parametrize(
    "kind", ["not empty", "a file", "below a file", "cannot be made", "in the home"]
)
def test_a_folder_that_cannot_be_filled_is_refused_before_anything_is_built(
    kind: str,
    date_given: list[str],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if kind == "not empty":
        out = tmp_path / "full"
        out.mkdir()
        (out / "mine").touch()
    elif kind == "in the home":
        out = home / "aside"
    else:
        out = no_home_there(tmp_path, kind)
    monkeypatch.delattr(nightly, "_built")
    assert cli.main(["build", *date_given, "--out", str(out), "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("--out ")
    assert str(out) in said
    assert said.count("\n") == 1
    assert not (home / "build").exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_build_that_fails_leaves_the_folder_as_it_was(
    is_there: bool, writes_aside: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    if is_there:
        out.mkdir()

    def half(build_file: Path, folder: Path) -> None:
        (folder / "analyst").mkdir()
        (folder / "half").touch()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(publish, "write_version", half)
    with pytest.raises(CouldNotFinish, match=f"--out could not be written: {out}"):
        nightly.build_as_known_on(writes_aside, date(2999, 12, 31), out)
    assert out.exists() == is_there
    assert not is_there or not any(out.iterdir())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("WAREHOUSE_KEEP_VERSIONS", text) for text in ("inf", "nan", "2.7", "0", "-1", "two")),
        *(("WAREHOUSE_STALE_AFTER_HOURS", text) for text in ("nan", "inf", "-1", "long")),
    ],
)
def test_a_setting_that_is_no_number_of_its_kind_is_refused(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(BadConfiguration, match=f"^{name} must be a"):
        warehouse_settings.load("unused")


def test_settings_that_are_numbers_of_their_kind_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_KEEP_VERSIONS", " 2 ")
    monkeypatch.setenv("WAREHOUSE_STALE_AFTER_HOURS", "1.5")
    settings = warehouse_settings.load("unused")
    assert (settings.keep_versions, settings.stale_after_hours) == (2, 1.5)


# (source, file, sha256, as of, revision, status, reason, received at)
FILES: list[tuple[Any, ...]] = [
    # Rejected, and its second revision is good.
    ("hr_staff", "hr_staff_2020-01-31.csv", "a1", "2020-01-31", 1, "rejected", "too_many_bad_rows", 1),
    ("hr_staff", "hr_staff_2020-01-31_r2.csv.gz", "a2", "2020-01-31", 2, "loaded", None, 2),
    # The second revision is the rejected one.
    ("hr_staff", "hr_staff_2020-02-29.csv", "b1", "2020-02-29", 1, "loaded", None, 1),
    ("hr_staff", "hr_staff_2020-02-29_r2.csv", "b2", "2020-02-29", 2, "rejected", "empty", 2),
    # Another stem of the same day is another export.
    ("hr_staff", "agency_2020-01-31.csv", "c1", "2020-01-31", 1, "rejected", "empty", 1),
    # Bad rows of a file that was replaced, and of one that stands.
    ("absence", "absence_2020-01-31.csv", "d1", "2020-01-31", 1, "superseded", None, 1),
    ("absence", "absence_2020-01-31_r2.csv", "d2", "2020-01-31", 2, "partly_loaded", None, 2),
    # The good one landed over the bad one, and a bad one over the good one.
    ("groups", "groups_2020-01-31.csv", "e1", "2020-01-31", 1, "rejected", "missing_column", 1),
    ("groups", "groups_2020-01-31.csv", "e2", "2020-01-31", 1, "loaded", None, 2),
    ("groups", "groups_2020-02-29.csv", "f1", "2020-02-29", 1, "loaded", None, 1),
    ("groups", "groups_2020-02-29.csv", "f2", "2020-02-29", 1, "rejected", "missing_column", 2),
    # Renamed, moved to the right folder, and not yet seen to.
    ("debriefs", "0123456789abcdef.csv", "g1", None, None, "rejected", "no_as_of_date", 1),
    ("debriefs", "debriefs_2020-01-31.csv", "g1", "2020-01-31", 1, "loaded", None, 2),
    ("debrief", "fedcba9876543210.csv", "g2", None, None, "rejected", "unknown_source", 1),
    ("debriefs", "debriefs_2020-02-29.csv", "g2", "2020-02-29", 1, "partly_loaded", None, 2),
    ("debrief", "00000000000000ff.csv", "g3", None, None, "rejected", "unknown_source", 1),
]  # fmt: skip
BAD_ROWS = [
    ("hr_staff", "hr_staff_2020-01-31.csv", 2, "not_a_date"),
    ("absence", "absence_2020-01-31.csv", 2, "out_of_range"),
    ("absence", "absence_2020-01-31.csv", 3, "out_of_range"),
    ("absence", "absence_2020-01-31_r2.csv", 4, "out_of_range"),
    ("absence", "absence_2020-01-31_r2.csv", 3, "out_of_range"),
    ("debriefs", "debriefs_2020-02-29.csv", 9, "not_a_number"),
]


def test_status_lists_what_is_still_open_and_ops_all_that_ever_was() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        operations.create_tables(connection)
        for source, name, sha256, as_of, revision, status, reason, day in FILES:
            connection.execute(
                "insert into ops.load_manifest by name select ? as source, ? as file_name, ? as sha256, "
                "?::date as as_of, ?::integer as revision, ? as status, ? as reason_code, "
                "make_timestamp(2020, 3, ?, 0, 0, 0) as received_at",
                [source, name, sha256, as_of, revision, status, reason, day],
            )
        for source, name, line, reason in BAD_ROWS:
            connection.execute(
                "insert into ops.quarantined_rows by name "
                "select ? as source, ? as file_name, ? as line, ? as reason_code",
                [source, name, line, reason],
            )
        assert [tuple(row.values()) for row in still_open.rejected(connection)] == [
            ("debrief", "00000000000000ff.csv", "unknown_source"),
            ("groups", "groups_2020-02-29.csv", "missing_column"),
            ("hr_staff", "agency_2020-01-31.csv", "empty"),
            ("hr_staff", "hr_staff_2020-02-29_r2.csv", "empty"),
        ]
        assert [tuple(row.values()) for row in still_open.quarantined(connection)] == [
            ("absence", "absence_2020-01-31_r2.csv", "out_of_range", 2, 3),
            ("debriefs", "debriefs_2020-02-29.csv", "not_a_number", 1, 9),
        ]
