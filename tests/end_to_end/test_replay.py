"""Law one over whole nights: what is published is a function of the files that have landed.

The board's people figures of a night are those of the last release, so a version of today's files that
is built aside is compared instead: it is what a home without a release would show.

The same law up to dbt's door, over many made-up histories: `tests/integration/test_replay_law.py`.
"""

import hashlib
import json
import shutil
import signal
import time
from pathlib import Path

from tests import nights
from tests.nights import content, fill_landing, published, warehouse

LONG_AGO = "2020-03-02"


def _correct_some(landing: Path) -> None:
    """A re-issue that lacks a person, one that cannot be read, and a leaver record that is withdrawn
    and stated again in later files."""
    staff = sorted((landing / "hr_staff").glob("*.csv"))[-2]
    lines = staff.read_text(encoding="utf-8").splitlines()
    (staff.parent / f"{staff.stem}_r2.csv").write_text(
        "\n".join(lines[:-1]) + "\n", encoding="utf-8"
    )
    (staff.parent / f"{staff.stem}_r3.csv").write_text("employee_id\n1\n", encoding="utf-8")
    leavers = next(
        path
        for path in sorted((landing / "hr_leavers").glob("*.csv"))
        if len(path.read_text(encoding="utf-8").splitlines()) > 1
    )
    header, row, *_ = leavers.read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("void")
    for day, void in (("2020-01-31", "Y"), ("2020-02-29", "N")):
        cells = row.split(",")
        cells[place] = void
        text = f"{header}\n{','.join(cells)}\n"
        leavers.with_name(f"hr_leavers_{day}.csv").write_text(text, encoding="utf-8")


def test_two_nights_a_kill_and_an_emptied_landing_publish_what_one_night_does(
    tmp_path: Path,
) -> None:
    """One home takes all files in one night. The other takes about half of them, as their hashes fall,
    on a night long ago; then landing is emptied, the rest comes and some come again, and that night
    is killed while dbt builds and run once more. Analysts get the same of both, and the board what a
    first release would show; and the first night's content is rebuilt from what was known then."""
    at_once, bit_by_bit, aside, today = (
        tmp_path / name for name in ("once", "bits", "aside", "today")
    )
    fill_landing(at_once, staff=20, start="2019-06-01")
    _correct_some(at_once / "landing")
    files = sorted(path for path in (at_once / "landing").rglob("*") if path.is_file())
    first = [path for path in files if hashlib.sha256(path.read_bytes()).digest()[0] % 2]
    rest = [path for path in files if path not in first]
    assert min(len(first), len(rest)) > 20
    assert {"hr_staff", "hr_leavers"} <= {path.parent.name for path in first}
    expected_code = warehouse(at_once, "nightly").code
    assert expected_code == 3  # the re-issue that could not be read

    def land(paths: list[Path]) -> None:
        for path in paths:
            target = bit_by_bit / path.relative_to(at_once)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    land(first)
    assert warehouse(bit_by_bit, "nightly").code in (0, 3)
    then = published(bit_by_bit)
    assert then != published(at_once)
    for record in bit_by_bit.glob("lake/_manifest/*/*.json"):
        facts = json.loads(record.read_text(encoding="utf-8"))
        facts["received_at"] = f"{LONG_AGO}T02:00:00+00:00"
        record.write_text(json.dumps(facts), encoding="utf-8")

    shutil.rmtree(bit_by_bit / "landing")
    land([*reversed(rest), *first[::3]])
    process = nights.start(bit_by_bit, "nightly")
    while not (bit_by_bit / "build/run/warehouse.duckdb").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    shutil.rmtree(bit_by_bit / "landing")
    assert warehouse(bit_by_bit, "nightly").code == 0
    now = published(bit_by_bit)
    assert content(bit_by_bit / "published/analyst.duckdb") == content(
        at_once / "published/analyst.duckdb"
    )
    assert warehouse(bit_by_bit, "build", "--out", str(today)).code == 0
    assert _aside(today) == _first_release(published(at_once))

    arguments = ("build", "--as-known-on", LONG_AGO, "--out", str(aside))
    assert warehouse(bit_by_bit, *arguments).code == 0
    assert _aside(aside) == _first_release(then)
    assert published(bit_by_bit) == now


def _aside(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What was built into a folder, as ``nights.published`` gives what a home has published."""
    board = {f"board {name}": rows for name, rows in content(folder / "board.duckdb").items()}
    return _first_release(content(folder / "analyst.duckdb") | board)


def _first_release(
    found: dict[str, list[tuple[object, ...]]],
) -> dict[str, list[tuple[object, ...]]]:
    """Without why figures were released and from which snapshot: a version built aside has neither."""
    report, headlines = "board marts.disclosure_report", "board marts.headline_shown"
    return found | {
        report: [(row[0], *row[3:]) for row in found[report]],
        headlines: [(row[0], *row[2:]) for row in found[headlines]],
    }
