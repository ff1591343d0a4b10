"""The statutory census return: what is read from it, what is refused, and what never gets through."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.arrivals import blank
from warehouse import contracts, lake
from warehouse.contracts import Contract
from warehouse.ingest import batch, csww, landing, names
from warehouse.ingest.reading import FileRefused
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

SAMPLE = project_root() / "tests/data/csww/csww_2022_sample.xml"
KEYS = Pseudonymiser(bytes(32))
CENSUS_DAY = date(2022, 9, 30)

HEADER = (
    "<Header><CollectionDetails><Collection>CSWW</Collection><Year>2022</Year>"
    "<ReferenceDate>2022-09-30</ReferenceDate></CollectionDetails>"
    "<Source><SourceLevel>L</SourceLevel><LEA>852</LEA></Source></Header>"
)
AUTHORITY = (
    "<LALevelVacancies><NumberOfVacancies>7.50</NumberOfVacancies><NoAgencyFTE>3.00</NoAgencyFTE>"
    "<NoAgencyHeadcount>4</NoAgencyHeadcount></LALevelVacancies>"
)
WORKER = "<CSWWWorker><AgencyWorker>0</AgencyWorker><SWENo>SW1234567</SWENo></CSWWWorker>"

Take = Callable[..., Arrival]


def message(*parts: str) -> str:
    return f"<Message>{''.join(parts)}</Message>"


def worker(**elements: str) -> str:
    """A worker with one element a line; the first begins on the line after the worker's own."""
    given_elements = {"AgencyWorker": "0", "SWENo": "SW1234567", **elements}
    inside = "\n".join(f"<{name}>{text}</{name}>" for name, text in given_elements.items() if text)
    return f"\n<CSWWWorker>\n{inside}\n</CSWWWorker>"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return contracts.load(Settings(home=Path("unused"), project=project_root()))["csww_return"]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, project=project_root())


@pytest.fixture
def take(home: Settings, contract: Contract) -> Take:
    """Land one return of a census day, judge it, and write what is good of it."""

    def judge(content: str | bytes, as_of: date = CENSUS_DAY) -> Arrival:
        path = home.landing / "csww_return" / f"return_{as_of}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with batch.open_workbench() as workbench:
            (arrival,) = batch.write(
                workbench, home, contract, KEYS, [(path, blank(contract, path))]
            )
        return arrival

    return judge


def loaded(home: Settings, arrival: Arrival, columns: str) -> list[tuple[Any, ...]]:
    path = lake.batch_path(home, arrival)
    return duckdb.sql(
        f"select {columns} from read_parquet('{path}') order by line, swe_key nulls first"
    ).fetchall()


def faults(home: Settings, arrival: Arrival) -> list[tuple[int, str | None, str]]:
    path = lake.quarantine_path(home, arrival)
    return duckdb.sql(
        f"select line, column_name, reason_code from read_parquet('{path}') order by line"
    ).fetchall()


def test_every_record_of_the_sample_is_loaded_with_its_line(take: Take, home: Settings) -> None:
    """30 workers and the authority are 31. ElementTree, which keeps no lines, counts the rest.

    `grep -n` finds LALevelVacancies on line 15 and the first CSWWWorker on line 20.
    """
    arrival = take(SAMPLE.read_bytes())
    assert (arrival.rows_read, arrival.rows_loaded, arrival.rows_quarantined) == (31, 31, 0)
    rows = loaded(
        home, arrival, "line, record_type, vacant_fte, agency_cover_headcount, old_la_code"
    )
    assert [str(value) for value in rows[0]] == ["15", "authority", "79.680000000", "71", "301"]
    assert rows[1] == (20, "worker", None, None, None)
    root = ElementTree.fromstring(SAMPLE.read_text(encoding="utf-8"))
    for element, column in (("FTE", "fte"), ("Cases30", "cases"), ("StartOrigin", "start_origin")):
        texts = [Decimal(one.text or "") for one in root.iter(element)]
        read = [Decimal(value) for (value,) in loaded(home, arrival, column) if value is not None]
        assert read == texts
        assert texts


def test_a_number_of_social_work_england_is_hashed_in_its_own_domain(
    take: Take, home: Settings
) -> None:
    """So it can be joined to another return and to no staff_key."""
    arrival = take(message(HEADER, AUTHORITY, WORKER))
    ((_,), (key,)) = loaded(home, arrival, "swe_key")
    assert key == KEYS.hash_all(["SW1234567"], "swe")["SW1234567"]
    assert key != KEYS.hash_all(["SW1234567"])["SW1234567"]


def test_nothing_personal_is_written_anywhere(take: Take, home: Settings) -> None:
    """Planted in a good worker, in a bad one, in what no schema has, in comments and in refusals."""
    canaries = {
        "SWENo": "ZQ900000001",
        "PersonBirthDate": "1961-02-03",
        "GenderCurrent": "9",
        "Ethnicity": "MWBA",
        "QualInst": "Canary College",
        "BaseSalary": "98765.43",
        "RRPayments": "87654.32",
        "OtherPayments": "76543.21",
        "FullName": "Canary Jane",
    }
    # The code of a gender is one digit, which stands in many places for other reasons.
    searched = [text for name, text in canaries.items() if name != "GenderCurrent"]
    allowances = AUTHORITY.replace(
        "</LALevelVacancies>", "<OtherAllowances>Canary bonus</OtherAllowances></LALevelVacancies>"
    )
    arrivals = [
        take(message(HEADER, allowances, "<!-- Canary note -->", worker(**canaries))),
        take(message(HEADER, worker(**canaries, FTE="Canary text"), WORKER)),
        take(message(HEADER, worker(**canaries)) + "Canary tail"),
        take(message(HEADER.replace("<Year>2022", "<Year>Canary year"), worker(**canaries))),
    ]
    assert [(one.rejected, one.rows_quarantined) for one in arrivals] == [
        (False, 0),
        (False, 1),
        (True, 0),
        (True, 0),
    ]
    searched += ["Canary", "zq900000001"]
    written = [
        path for path in (*home.lake.rglob("*"), *home.quarantine.rglob("*")) if path.is_file()
    ]
    assert len(written) == 4  # two batches, and the bad row's list in the lake and as it is shown
    said = "\n".join(f"{one} {landing.in_words(one)}" for one in arrivals)
    for path in written:
        # Parquet packs its values: what is searched is both the bytes and what they unpack to.
        said += str(duckdb.sql(f"select * from read_parquet('{path}')").fetchall())
        said += str(path) + path.read_bytes().decode("latin-1")
    assert "2022-09-30" in said or "datetime.date(2022, 9, 30)" in said
    assert not [text for text in searched if text in said]
    assert arrivals[0].extra_columns == "1 (elements that the contract does not know)"


def test_of_what_is_dropped_only_its_form_is_told(take: Take, home: Settings) -> None:
    """A second worker has faults in all of them, a third has none of them."""
    full = {
        "PersonBirthDate": "1980-01-01Z",
        "GenderCurrent": "2",
        "Ethnicity": "WBRI",
        "QualInst": "X",
    }
    bad = {
        "PersonBirthDate": "1980-02-30",
        "GenderCurrent": "F",
        "Ethnicity": "wbri",
        "QualInst": " ",
    }
    arrival = take(
        message(
            HEADER,
            worker(SWENo="SW1", **full),
            worker(SWENo="1SW", **bad),
            worker(SWENo="SW3"),
        )
    )
    states = "swe_number_state, birth_date_state, sex_state, ethnicity_state, institution_state"
    assert loaded(home, arrival, states) == [
        ("given", "given", "given", "given", "given"),
        ("faulty", "faulty", "faulty", "faulty", "absent"),
        ("given", "absent", "absent", "absent", "absent"),
    ]


@pytest.mark.parametrize(
    ("year", "element", "text", "state"),
    [
        (2021, "GenderCurrent", "1", "given"),
        (2023, "GenderCurrent", "0", "given"),
        (2023, "Sex", "M", "absent"),
        (2024, "Sex", "M", "given"),
        (2024, "GenderCurrent", "1", "absent"),
        (2025, "Sex", "1", "faulty"),
    ],
)
def test_gender_became_sex_in_2024(
    take: Take, home: Settings, year: int, element: str, text: str, state: str
) -> None:
    header = HEADER.replace("2022", str(year))
    arrival = take(message(header, worker(**{element: text})), date(year, 9, 30))
    assert loaded(home, arrival, "sex_state") == [(state,)]


def test_the_authority_has_another_element_and_pay_offers_from_2025(
    take: Take, home: Settings
) -> None:
    authority = (
        "<LALevel><NumberOfVacancies>1</NumberOfVacancies><NoAgencyFTE>0.5</NoAgencyFTE>"
        "<NoAgencyHeadcount>1</NoAgencyHeadcount><RecruitmentBonus>2</RecruitmentBonus></LALevel>"
    )
    arrival = take(message(HEADER.replace("2022", "2025"), authority, WORKER), date(2025, 9, 30))
    columns = "record_type, agency_cover_headcount, recruitment_bonus"
    assert loaded(home, arrival, columns)[0] == ("authority", 1, "2")


FAULTY_WORKERS: list[tuple[dict[str, str], str | None, str]] = [
    ({"SWENo": ""}, "SWENo", "conditional_missing"),
    ({"AgencyWorker": ""}, "AgencyWorker", "conditional_missing"),
    ({"AgencyWorker": "2"}, "AgencyWorker", "not_allowed"),
    ({"RoleStartDate": "01/09/2020"}, "RoleStartDate", "not_a_date"),
    ({"RoleEndDate": "2030-01-01"}, "RoleEndDate", "out_of_range"),
    ({"FTE": "full"}, "FTE", "not_a_number"),
    ({"OrgRole": "7"}, "OrgRole", "not_allowed"),
    ({"StartOrigin": "11"}, "StartOrigin", "not_allowed"),
    ({"LeaverDestination": "10"}, "LeaverDestination", "not_allowed"),
    ({"ReasonLeave": "11"}, "ReasonLeave", "not_allowed"),
    ({"ReasonAbsence": "ILL"}, "ReasonAbsence", "not_allowed"),
    ({"Cases30": "-1"}, "Cases30", "out_of_range"),
    ({"Cases30": "3.5"}, "Cases30", "not_a_number"),
    ({"FTE": "0.5</FTE><FTE>0.6"}, None, "too_many_columns"),
    ({"FTE": "<FTE>0.5</FTE>"}, None, "too_many_columns"),
    ({"SWENo": "S" * 1_001}, None, "too_many_columns"),
    ({"FTE": "0.5</FTE>Jane<FTE30>1</FTE30><FTE>"}, None, "too_many_columns"),
]


def test_a_faulty_worker_is_quarantined_with_the_line_and_the_element(
    take: Take, home: Settings
) -> None:
    """One return of 100 good workers, one to a line, and the faulty ones after them.

    Header and authority stand on line 1, the good ones on lines 2 to 101. 17 bad of 118 records are
    less than a fifth, so the file is not rejected.
    """
    good = [WORKER.replace("SW1", f"SW9{number}") for number in range(100)]
    lines: list[int] = []
    content = message(HEADER, AUTHORITY, *(f"\n{one}" for one in good)).removesuffix("</Message>")
    for number, (elements, _, _) in enumerate(FAULTY_WORKERS):
        lines.append(content.count("\n") + 2)
        content += worker(**{"SWENo": f"SW{number}", **elements})
    arrival = take(content + "</Message>")
    expected = [
        (line, column, reason)
        for line, (_, column, reason) in zip(lines, FAULTY_WORKERS, strict=True)
    ]
    assert faults(home, arrival) == expected
    assert (arrival.rows_read, arrival.rows_loaded, arrival.rows_quarantined) == (118, 101, 17)


@pytest.mark.parametrize(
    "elements",
    [
        {"FTE": "0.123456", "ContractWeeks": "10.5</ContractWeeks><ContractWeeks>11.5"},
        {"ReasonAbsence": "SIC</ReasonAbsence><ReasonAbsence>MAT"},
        {"RoleStartDate": " 2020-09-01+01:00 ", "RoleEndDate": "2022-09-30Z"},
        {"SupplierExtension": "<Inner>what a vendor adds</Inner> and more"},
        {"FTE": "<!-- a remark -->1", "OrgRole": "<![CDATA[5]]>"},
    ],
)
def test_what_the_schemas_allow_is_good(take: Take, elements: dict[str, str]) -> None:
    arrival = take(message(HEADER, AUTHORITY, worker(**elements)))
    assert (arrival.rows_loaded, arrival.rows_quarantined) == (2, 0)


def test_who_left_and_came_back_stands_twice_and_the_same_record_once(
    take: Take, home: Settings
) -> None:
    arrival = take(
        message(
            HEADER,
            worker(RoleStartDate="2015-01-01", RoleEndDate="2022-01-31"),
            worker(RoleStartDate="2022-06-01"),
            worker(RoleStartDate="2022-06-01"),
        )
    )
    assert arrival.rows_loaded == 2
    assert [fault[1:] for fault in faults(home, arrival)] == [("SWENo", "duplicate_key")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_declared_encoding_is_kept_to(take: Take, home: Settings, encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?>' + message(HEADER, worker(SWENo="SWé"))
    arrival = take(text.encode(encoding))
    assert loaded(home, arrival, "swe_key") == [(KEYS.hash_all(["SWé"], "swe")["SWé"],)]


BILLION_LAUGHS = (
    '<!DOCTYPE m [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]>"
    + message(HEADER, worker(SWENo="&a9;"))
)
WELL_FORMED = message(HEADER, AUTHORITY, WORKER)


@pytest.mark.parametrize(
    ("content", "reason", "says"),
    [
        ("", "empty", "the file is empty"),
        (message(HEADER, AUTHORITY), "empty", "no CSWWWorker"),
        (WELL_FORMED[:-30], "unreadable", "no well-formed XML (line 1"),
        (WELL_FORMED.replace("</SWENo>", "</SWE>"), "unreadable", "mismatched tag"),
        (WELL_FORMED * 2, "unreadable", "one return to a file"),
        (message(HEADER, AUTHORITY, WORKER, HEADER), "unreadable", "a second return"),
        (message(HEADER, AUTHORITY, WORKER, AUTHORITY), "unreadable", "a second return"),
        ("SWENo,FTE\nSW1,1\n", "unreadable", "no well-formed XML"),
        (b"PK\x03\x04" + bytes(200), "unreadable", "no well-formed XML"),
        (WELL_FORMED.replace("Message", "Children"), "unreadable", "outermost element"),
        (WELL_FORMED.replace(">CSWW<", ">CIN<"), "unreadable", "another collection"),
        (WELL_FORMED.replace("<Year>2022", "<Year>2021"), "unreadable", "Year in its header"),
        (WELL_FORMED.replace("<Year>2022", "<Year>20221"), "unreadable", "Year in its header"),
        (WELL_FORMED.replace(">2022-09-30<", ">2022-03-31<"), "unreadable", "ReferenceDate in its"),
        (BILLION_LAUGHS, "unreadable", "document type declaration"),
        ("<!DOCTYPE m>" + WELL_FORMED, "unreadable", "document type declaration"),
        (
            '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
            + WELL_FORMED.replace("SW1234567", "&x;"),
            "unreadable",
            "document type declaration",
        ),
        (
            '<!DOCTYPE m SYSTEM "http://127.0.0.1:9/x.dtd">' + WELL_FORMED,
            "unreadable",
            "document type declaration",
        ),
        (WELL_FORMED.replace("SW1234567", "&secret;"), "unreadable", "undefined entity"),
        (f'<?xml version="1.0" encoding="utf-7"?>{WELL_FORMED}', "unreadable", "unusual encoding"),
        (f'<?xml version="1.0" encoding="bogus"?>{WELL_FORMED}', "unreadable", "unusual encoding"),
        ("<Message>" + "<a>" * 9, "unreadable", "deeper"),
        ("<Message>" + "".join(f"<a{n}/>" for n in range(600)), "unreadable", "more names"),
        (
            "<Message>" + "".join(f"<a b{n}='' c{n}=''/>" for n in range(300)),
            "unreadable",
            "more names",
        ),
        ("<Message><!--" + "a" * 600_000, "unreadable", "without an end"),
        ("<Message><" + "a" * 600_000, "unreadable", "without an end"),
        (message(HEADER, "<CSWWWorker/>" * 20_001), "unreadable", "more than 20,000 records"),
        ("<Message>" + " " * (33 << 20), "unreadable", "larger than 32 MiB"),
        (message(HEADER, *["<CSWWWorker/>"] * 5), "too_many_bad_rows", "5 of 5 rows are bad"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) and len(value) < 60 else "",
)
def test_what_is_no_return_is_rejected_whole_with_a_sentence(
    take: Take, home: Settings, content: str | bytes, reason: str, says: str
) -> None:
    arrival = take(content)
    assert arrival.rejected
    assert arrival.reason_code == reason
    assert arrival.sentence is not None
    assert says in arrival.sentence
    assert "SW1234567" not in arrival.sentence
    assert not lake.batch_path(home, arrival).exists()


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        (date(2022, 9, 29), "speaks for a 30 September"),
        (date(2020, 9, 30), "returns of 2021 to 2025"),
        (date(2026, 9, 30), "returns of 2021 to 2025"),
        (date(2023, 9, 30), "Year in its header"),
    ],
)
def test_the_files_name_gives_a_census_day_that_the_header_agrees_with(
    take: Take, as_of: date, says: str
) -> None:
    arrival = take(WELL_FORMED, as_of)
    assert arrival.reason_code == "unreadable"
    assert arrival.sentence is not None
    assert says in arrival.sentence


def test_a_return_without_a_header_is_that_of_its_files_name(take: Take, home: Settings) -> None:
    arrival = take(message(AUTHORITY, WORKER))
    assert loaded(home, arrival, "record_type, old_la_code") == [
        ("authority", None),
        ("worker", None),
    ]


def test_only_a_return_may_be_xml_and_it_may_be_nothing_else(home: Settings) -> None:
    assert names.parse("return_2022-09-30.xml") is None
    assert names.parse("return_2022-09-30.csv", "csww") is None
    assert names.parse("return_2022-09-30_r2.xml", "csww") == names.ExportName(
        "return", CENSUS_DAY, 2, "xml"
    )
    registry = contracts.load(home)
    for source, name in (("csww_return", "a_2022-09-30.csv"), ("hr_staff", "a_2022-09-30.xml")):
        folder = home.landing / source
        folder.mkdir(parents=True)
        (folder / name).write_text("x", encoding="utf-8")
    found = list(landing.candidates(home, registry, registry.values()))
    assert [one.arrival.reason_code for one in found] == ["no_as_of_date", "no_as_of_date"]
    assert found[0].arrival.sentence is not None
    assert "before .xml" in found[0].arrival.sentence


_PIECES = st.sampled_from(
    [
        b"<", b">", b"/", b"&", b"&#0;", b"&#x10FFFF;", b"\x00", b"\xff", b"]]>", b"<!--", b"-->",
        b"<![CDATA[", b"<?x", b"<!DOCTYPE a [", b"<CSWWWorker>", b"</CSWWWorker>", b"<Message>",
        b"</Message>", b"<FTE>", b"</FTE>", b"<LALevel/>", b"<Header>", b"xmlns:a='b'", b"\xef\xbb\xbf",
        b"<record_type>worker</record_type>", b"<LEA>1</LEA>", b"<void>Y</void>", b"0.5", b"\n",
    ]
)  # fmt: skip
_MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1), st.integers(0, 300), st.one_of(_PIECES, st.binary(max_size=8), st.none())
    ),
    min_size=1,
    max_size=6,
)


@hypothesis_settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mutations=_MUTATIONS)
def test_a_mutated_return_is_read_or_refused_and_never_anything_else(
    tmp_path: Path, contract: Contract, mutations: list[tuple[float, int, bytes | None]]
) -> None:
    """Cuts, insertions and repetitions anywhere in the sample. What is read has a row for each record.

    A mutation of None repeats what was cut, so that elements come twice.
    """
    content = SAMPLE.read_bytes()
    for place, length, piece in mutations:
        start = int(place * len(content))
        cut = content[start : start + length]
        content = (
            content[:start] + (cut * 2 if piece is None else piece) + content[start + length :]
        )
    path = tmp_path / "return_2022-09-30.xml"
    path.write_bytes(content)
    refused: FileRefused | None = None
    try:
        (rows,), extra = csww.read(
            contract, path, names.ExportName("return", CENSUS_DAY, 1, "xml"), 0
        )
    except FileRefused as error:
        refused = error
    if refused:
        assert refused.reason_code in ("unreadable", "empty")
        assert str(refused).endswith(".")
        return
    begun = [line + 1 for line, text in enumerate(content.split(b"\n")) if b"<CSWWWorker" in text]
    workers = [row for row in rows.to_pylist() if row["record_type"] == "worker"]
    assert workers
    assert {row["line"] for row in workers} <= set(begun)
    assert set(rows.schema.names) >= {column.name for column in contract.kept_columns}
    assert extra is None or extra.endswith("does not know)")


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(
        st.tuples(
            st.sampled_from(
                ["SWENo", "FTE", "RoleStartDate", "OrgRole", "void", "PersonBirthDate"]
            ),
            st.text(
                st.characters(codec="utf-8", exclude_characters="<&", min_codepoint=32), max_size=12
            ),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_record_is_loaded_or_quarantined_unless_the_file_is_rejected(
    take: Take, texts: list[tuple[str, str]]
) -> None:
    workers = [worker(SWENo=f"SW{number}") for number in range(30)]
    odd = [
        worker(**{name: text.replace("\ufffe", "").replace("\uffff", "")}) for name, text in texts
    ]
    arrival = take(message(HEADER, AUTHORITY, *workers, *odd))
    assert arrival.rejected or (
        arrival.rows_read == arrival.rows_loaded + arrival.rows_quarantined == 31 + len(odd)
    )
