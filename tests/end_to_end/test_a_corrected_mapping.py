"""A council's own layout over a whole night: refused, mapped, corrected, and told of by status."""

import json
from pathlib import Path

import pytest

from tests.nights import ask, fill_landing, warehouse

HEADER = "Person Ref.,Joining Date,Leaving Date,Leaving Reason"
MANIFEST = """
    select status, reason_code, read_again, rows_loaded, rows_quarantined
    from ops.load_manifest where file_name = 'report_2019-12-31.csv'
    order by read_again, contract
"""
MAPPING = """
aliases:
  employee_id: Person Ref.
  start_date: Joining Date
  leaving_date: Leaving Date
  leaving_reason: Leaving Reason
date_format: '{form}'
constants: {{record_status: leaver}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    fill_landing(home, staff=20, start="2019-10-01", end="2019-12-31")
    lines = [
        f"CanaryId{n},01/05/2018,{day}/12/2019,resignation" for n, day in ((1, "05"), (2, "31"))
    ]
    (home / "landing/hr_leavers/report_2019-12-31.csv").write_text("\n".join([HEADER, *lines]))
    return home


def test_a_layout_is_mapped_and_the_mapping_corrected_without_code(
    home: Path, tmp_path: Path
) -> None:
    """Without a mapping refused; month first, 5 December is 12 May and 31 December is no date. Once the
    file is gone from landing nothing reads it under a newer mapping, and status says so."""
    mappings = tmp_path / "ours"
    mappings.mkdir()
    refused = warehouse(home, "nightly", WAREHOUSE_MAPPINGS=str(mappings))
    assert refused.code == 3, refused.errors
    assert ask(home, MANIFEST) == [("rejected", "missing_column", False, 0, 0)]

    mapping = mappings / "hr_leavers.yaml"
    mapping.write_text(MAPPING.format(form="%d.%m"), encoding="utf-8")
    broken = warehouse(home, "nightly", WAREHOUSE_MAPPINGS=str(mappings))
    assert broken.code == 2
    assert "ours/hr_leavers.yaml: date_format:" in broken.errors

    mapping.write_text(MAPPING.format(form="%m/%d/%Y"), encoding="utf-8")
    wrong = warehouse(home, "nightly", WAREHOUSE_MAPPINGS=str(mappings))
    assert wrong.code == 3, wrong.errors
    assert ask(home, MANIFEST) == [("partly_loaded", None, False, 1, 1)]
    assert ask(
        home, "select detail from ops.quarantined_rows where reason_code = 'not_a_date'"
    ) == [("leaving_date is no date of the form MM/DD/YYYY (or YYYY-MM-DD).",)]

    mapping.write_text(MAPPING.format(form="%d/%m/%Y"), encoding="utf-8")
    right = warehouse(home, "nightly", WAREHOUSE_MAPPINGS=str(mappings))
    assert right.code == 0, right.errors
    assert ask(home, MANIFEST) == [
        ("loaded", None, False, 2, 0),
        ("superseded", None, True, 1, 1),
    ]
    # A line is good or bad once: the reading that counts found none of them bad.
    assert ask(home, "select * from ops.quarantined_rows") == []
    (summary,) = ask(
        home,
        "select files_superseded, rows_quarantined from marts.load_summary where source = 'hr_leavers'",
    )
    assert summary == (0, 0)
    assert ask(
        home,
        "select distinct last_day::text from marts.staff_spells where start_date = '2018-05-01' "
        "and last_day in ('2019-12-05', '2019-12-31') order by all",
    ) == [("2019-12-05",), ("2019-12-31",)]
    again = warehouse(home, "nightly", WAREHOUSE_MAPPINGS=str(mappings))
    assert again.result["status"] == "nothing_new"
    before = warehouse(home, "status", "--json", WAREHOUSE_MAPPINGS=str(mappings))
    assert before.result["older_contracts"] == []

    (home / "landing/hr_leavers/report_2019-12-31.csv").unlink()
    mapping.write_text(MAPPING.format(form="%d.%m.%Y"), encoding="utf-8")
    assert warehouse(home, "nightly", WAREHOUSE_MAPPINGS=str(mappings)).code == 0
    ((older,),) = [
        warehouse(home, "status", "--json", WAREHOUSE_MAPPINGS=str(mappings)).result[
            "older_contracts"
        ]
    ]
    ((contract,),) = ask(
        home,
        "select contract from ops.load_manifest "
        "where file_name = 'report_2019-12-31.csv' and status = 'loaded'",
    )
    assert (older["source"], older["files"], older["contract"]) == ("hr_leavers", 1, contract)
    assert older["last_as_of"] == "2019-12-31"
    said = warehouse(home, "status", WAREHOUSE_MAPPINGS=str(mappings)).said
    assert f"contract and mapping {contract} read them" in said
    assert "Canary" not in said + json.dumps(older)
