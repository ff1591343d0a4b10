"""A council's own layout laid over a contract: what is accepted, what is refused, and how rows are read."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from tests.arrivals import blank
from warehouse import contracts, lake, nightly, texts
from warehouse import settings as warehouse_settings
from warehouse.contracts import Registry
from warehouse.errors import BadConfiguration
from warehouse.ingest import batch, judging, landing
from warehouse.ingest.reading import text_array
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root
from warehouse.texts import Normaliser

KEYS = Pseudonymiser(bytes(32))
HEADER = "employee_id,start_date,leaving_date,leaving_reason,destination,record_status"
Load = Callable[..., Registry]
Read = Callable[..., tuple[Arrival, list[tuple[object, ...]], list[tuple[object, ...]]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "mappings").mkdir()
    return Settings(
        home=tmp_path / "home", project=project_root(), own_mappings=tmp_path / "mappings"
    )


@pytest.fixture
def load(settings: Settings) -> Load:
    """Write one mapping file and load all contracts with it."""

    def write(text: str, name: str = "hr_leavers.yaml") -> Registry:
        (settings.mappings / name).write_text(text, encoding="utf-8")
        return contracts.load(settings)

    return write


@pytest.fixture
def read(settings: Settings, load: Load) -> Read:
    """Read one leavers file under a mapping: its arrival, its loaded rows, its bad rows."""

    def judge(
        mapping: str, text: str, source: str = "hr_leavers", columns: str | None = None
    ) -> tuple[Arrival, list[tuple[object, ...]], list[tuple[object, ...]]]:
        contract = load(mapping, f"{source}.yaml")[source]
        path = settings.landing / source / f"{source}_2019-03-31.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        with batch.open_workbench() as workbench:
            (arrival,) = batch.write(
                workbench, settings, contract, KEYS, [(path, blank(contract, path))]
            )
        good = lake.batch_path(settings, arrival)
        bad = lake.quarantine_path(settings, arrival)
        wanted = columns or "leaving_date, leaving_reason, destination, record_status"
        return (
            arrival,
            duckdb.sql(f"select {wanted} from read_parquet('{good}') order by line").fetchall()
            if good.exists()
            else [],
            duckdb.sql(
                f"select line, column_name, reason_code, detail from read_parquet('{bad}') order by line"
            ).fetchall()
            if bad.exists()
            else [],
        )

    return judge


@pytest.mark.parametrize(
    ("mapping", "key", "said"),
    [
        ("alias: {}", "alias", "Did you mean 'aliases'?"),
        ("- aliases", "hr_leavers.yaml", "keys with their settings"),
        ("aliases: {leaving_dat: [Left]}", "aliases.leaving_dat", "Did you mean 'leaving_date'?"),
        ("aliases: {leaving_date: {a: b}}", "aliases.leaving_date", "list of headings"),
        ("aliases: {leaving_date: ['  ']}", "aliases.leaving_date", "white space"),
        ("aliases: {leaving_date: [START_DATE]}", "aliases.leaving_date", "of 'start_date'"),
        ("aliases: {start_date: [Day], leaving_date: ['d AY']}", "aliases.leaving_date", "'start"),
        ("aliases: {destination: [To]\n", "line 2", "cannot be read"),
        ("aliases: {destination: [To], destination: [Went to]}", "line 1", "stands twice"),
        ("date_format: '%d/%m'", "date_format", "one year"),
        ("date_format: '%d/%m/%Y %d'", "date_format", "one day"),
        ("date_format: '%d/%j/%Y'", "date_format", "%j is not known"),
        ("date_format: '%d/%m/%Y %H:%H'", "date_format", "twice"),
        ("date_format: '%d/%m/%'", "date_format", "not known"),
        # 2019-03-05 would be 5 March as written, and 3 May by this form.
        ("date_format: '%Y-%d-%m'", "date_format", "could not be told from it"),
        ("date_format: {leaving_reason: '%d/%m/%Y'}", "date_format.leaving_reason", "no such date"),
        ("date_format: [a]", "date_format", "one form"),
        ("values: {leaving_reason: {Quit: quit}}", "values.leaving_reason", "none of the contract"),
        ("values: {leaving_reason: [Quit]}", "values.leaving_reason", "theirs: ours"),
        ("values: {record_status: {a: leaver, ' a ': leaver}}", "values.record_status", "twice"),
        ("values: {void: {Yes: true}}", "values.void", "Y, N"),
        ("values: {leaving_date: {never: 2019-02-30}}", "values.leaving_date", "a date"),
        ("values: {employee_id: {'7': '8'}}", "values.employee_id", "ids, names or notes"),
        ("constants: {exit_interview_notes: none}", "constants.exit_interview_notes", "notes"),
        ("constants: {record_status: Leaver}", "constants.record_status", "none of the contract"),
        ("constants: {record_status: ''}", "constants.record_status", "given a value"),
        ("constants: {recordstatus: leaver}", "constants.recordstatus", "'record_status'?"),
        ("known_extra_columns: [Leaving_Date]", "known_extra_columns", "heading of 'leaving_date'"),
        ("known_extra_columns: {a: b}", "known_extra_columns", "list of headings"),
        ("most_bad_share: 20", "most_bad_share", "0 to 1"),
        ("most_bad_share: 1.5", "most_bad_share", "0 to 1"),
        ("fewest_bad_rows: 0", "fewest_bad_rows", "at least 1"),
        ("id_normaliser: {leaving_date: {}}", "id_normaliser.leaving_date", "column of ids"),
        ("id_normaliser: {pad_to_widht: 6}", "id_normaliser.pad_to_widht", "'pad_to_width'?"),
        ("id_normaliser: {upper_case: 1}", "id_normaliser.upper_case", "true or false"),
        ("id_normaliser: {pad_to_width: 65}", "id_normaliser.pad_to_width", "up to 64"),
        ("id_normaliser: {employee_id: {pad: 6}}", "id_normaliser.employee_id.pad", "no such step"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_by_file_and_key(
    load: Load, mapping: str, key: str, said: str
) -> None:
    with pytest.raises(BadConfiguration) as refused:
        load(mapping)
    assert "mappings/hr_leavers.yaml" in str(refused.value)
    assert key in str(refused.value)
    assert said in str(refused.value)
    assert "Nothing was read." in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_number_must_be_one_that_the_contract_allows(load: Load) -> None:
    """FTE is above 0 and at most 1; a caseload is a whole number."""
    for value in ("0", "1.5", "1e0", "full"):
        with pytest.raises(BadConfiguration, match=r"constants\.fte"):
            load(f"constants: {{fte: '{value}'}}", "hr_staff.yaml")
    with pytest.raises(BadConfiguration, match="a whole number"):
        load("values: {caseload: {none: '0.0'}}", "hr_staff.yaml")
    assert load("constants: {fte: '1'}", "hr_staff.yaml")["hr_staff"].constants == {"fte": "1"}


@pytest.mark.parametrize("name", ["hr_leaver.yaml", "hr_leavers.yml"])
def test_a_mapping_of_no_source_is_refused(load: Load, name: str) -> None:
    with pytest.raises(BadConfiguration, match="Rename the file"):
        load("aliases: {}", name)


def test_other_files_beside_the_mappings_are_let_be(load: Load, settings: Settings) -> None:
    (settings.mappings / "examples").mkdir()
    (settings.mappings / "README.md").write_text("aliases: none", encoding="utf-8")
    assert load("")["hr_leavers"] == contracts.load(Settings(Path("unused"), project_root()))[
        "hr_leavers"
    ]  # fmt: skip


def test_the_folder_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    monkeypatch.setenv("WAREHOUSE_MAPPINGS", str(settings.mappings))
    assert warehouse_settings.load(tmp_path).mappings == settings.mappings
    monkeypatch.setenv("WAREHOUSE_MAPPINGS", str(tmp_path / "nowhere"))
    with pytest.raises(BadConfiguration, match="WAREHOUSE_MAPPINGS"):
        warehouse_settings.load(tmp_path)
    monkeypatch.delenv("WAREHOUSE_MAPPINGS")
    assert (
        warehouse_settings.load(tmp_path).mappings == project_root() / "expectations" / "mappings"
    )


def test_every_key_is_part_of_the_contracts_fingerprint_and_so_of_the_inputs(
    load: Load, settings: Settings
) -> None:
    seen = set()
    digests = set()
    for mapping in (
        "",
        "aliases: {leaving_date: [Left]}",
        "date_format: '%d/%m/%Y'",
        "values: {leaving_reason: {Quit: resignation}}",
        "constants: {record_status: leaver}",
        "known_extra_columns: [School]",
        "id_normaliser: {pad_to_width: 6}",
        "most_bad_share: 0.5",
        "fewest_bad_rows: 6",
    ):
        registry = load(mapping)
        seen.add(registry["hr_leavers"].fingerprint)
        digests.add(nightly.inputs_digest(settings, registry, []))
    assert len(seen) == len(digests) == 9
    # A comment says nothing of how a file is read.
    assert load("# as agreed with HR\n")["hr_leavers"].fingerprint in seen


def test_headings_are_matched_blind_to_case_and_white_space_within(read: Read) -> None:
    header = "EMPLOYEE_ID,start_date,leaving\u00a0  DAY,leaving_reason,record _status"
    arrival, rows, _ = read(
        "aliases: {leaving_date: Leaving Day}", f"{header}\n7,2018-05-01,2019-03-05,other,leaver\n"
    )
    assert arrival.extra_columns is None
    assert rows == [(date(2019, 3, 5), "other", None, "leaver")]


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("%d/%m/%Y", "05/03/2019", date(2019, 3, 5)),
        ("%d/%m/%Y", "5/3/2019", date(2019, 3, 5)),
        # A workbook's date cell comes as ISO text, and so read by any form it is what it says.
        ("%d/%m/%Y", "2019-03-05", date(2019, 3, 5)),
        ("%m/%d/%Y", "05/03/2019", date(2019, 5, 3)),
        ("%d-%b-%y", "05-Mar-19", date(2019, 3, 5)),
        ("%d %B %Y", "5 march 2019", date(2019, 3, 5)),
        ("%Y%m%d", "20190305", date(2019, 3, 5)),
        ("%d.%m.%Y %H:%M", "05.03.2019 00:00", date(2019, 3, 5)),
        ("%d/%m/%Y", "05/03/2019 00:00", None),
        ("%d/%m/%Y", "05/03/19", None),
        ("%d/%m/%Y", "05-03-2019", None),
        ("%d/%m/%Y", "13/13/2019", None),
        ("%d/%m/%Y", "29/02/2019", None),
        ("%d/%m/%Y", "2019-3-5", None),
        ("%d.%m.%Y", "05/03/2019", None),
        ("%Y%m%d", "2019305", None),
        ("%d/%m/%Y", "٠٥/٠٣/٢٠١٩", None),
    ],
)
def test_a_date_is_read_by_the_sources_form_or_as_iso_and_in_no_other_way(
    read: Read, form: str, text: str, day: date | None
) -> None:
    _, rows, bad = read(
        f"date_format: {{leaving_date: '{form}'}}",
        f"{HEADER}\n7,2018-05-01,{text},other,,leaver\n",
    )
    assert rows == ([(day, "other", None, "leaver")] if day else [])
    words = (
        f"leaving_date is no date of the form {texts.date_format_in_words(form)} (or YYYY-MM-DD)."
    )
    assert bad == ([] if day else [(2, "leaving_date", "not_a_date", words)])


def test_one_form_serves_every_date_column_but_those_that_have_their_own(load: Load) -> None:
    contract = load("date_format: {default: '%d/%m/%Y', leaving_date: '%d-%b-%y'}")["hr_leavers"]
    assert contract.column("start_date").date_format == "%d/%m/%Y"
    assert contract.column("leaving_date").date_format == "%d-%b-%y"
    plain = load("date_format: {leaving_date: '%d-%b-%y'}")["hr_leavers"]
    assert plain.column("start_date").date_format == ""


def test_a_mapped_date_keeps_its_range_and_its_order(read: Read) -> None:
    """As of 31 March 2019: 2 years on is the last; 30 April lies before 1 May."""
    rows = [
        "7,01/05/2018,31/03/2021,other,,leaver",
        "8,01/05/2018,01/04/2021,other,,leaver",
        "9,01/05/2018,30/04/2018,other,,leaver",
    ]
    arrival, _, bad = read("date_format: '%d/%m/%Y'", "\n".join([HEADER, *rows]))
    assert arrival.rows_loaded == 1
    assert [row[:3] for row in bad] == [
        (3, "leaving_date", "out_of_range"),
        (4, "leaving_date", "date_order"),
    ]


def test_their_values_become_ours_after_trimming_and_are_judged_like_any_other(read: Read) -> None:
    """Exact to the case; a value of ours passes as it is; empty, and to empty, are values too."""
    mapping = """
        values:
          leaving_reason: {Found a better job: resignation, Yes: retirement}
          destination: {'': not_known, n/a: ''}
          leaving_date: {-: ''}
    """
    lines = [
        "1,2018-05-01,2019-03-05, Found a better job ,,leaver",
        "2,2018-05-01,2019-03-05,resignation,agency,leaver",
        "3,2018-05-01,2019-03-05,Yes,n/a,leaver",
        "4,2018-05-01,2019-03-05,found a better job,,leaver",
        "5,2018-05-01,-,Yes,,leaver",
    ]
    _, rows, bad = read(mapping, "\n".join([HEADER, *lines]))
    assert [row[1:3] for row in rows] == [
        ("resignation", "not_known"),
        ("resignation", "agency"),
        ("retirement", None),
    ]
    assert [row[:3] for row in bad] == [
        (5, "leaving_reason", "not_allowed"),
        (6, "leaving_date", "missing_value"),
    ]


def test_a_quote_in_a_mapped_value_is_a_character_like_others(read: Read) -> None:
    _, rows, _ = read(
        """values: {leaving_reason: {"didn't say'; --": other}}""",
        f"{HEADER}\n7,2018-05-01,2019-03-05,didn't say'; --,,leaver\n",
    )
    assert rows == [(date(2019, 3, 5), "other", None, "leaver")]


def test_a_constant_fills_a_column_that_the_file_lacks_and_no_other(read: Read) -> None:
    """Where the column is there its own values are judged: an empty one is missing."""
    mapping = "constants: {record_status: leaver}"
    lacking = "employee_id,start_date,leaving_date,leaving_reason"
    _, rows, bad = read(mapping, f"{lacking}\n7,2018-05-01,2019-03-05,other\n")
    assert (rows, bad) == ([(date(2019, 3, 5), "other", None, "leaver")], [])
    lines = ["7,2018-05-01,2019-03-05,other,,rescinded", "8,2018-05-01,2019-03-05,other,,"]
    _, rows, bad = read(mapping, "\n".join([HEADER, *lines]))
    assert [row[3] for row in rows] == ["rescinded"]
    assert [row[:3] for row in bad] == [(3, "record_status", "missing_value")]


def test_a_constant_is_judged_like_any_other_value(read: Read) -> None:
    """Right by the contract, and still after all that this file may name: 31 March 2021."""
    header = "employee_id,start_date,leaving_reason,record_status"
    arrival, _, bad = read(
        "constants: {leaving_date: 2030-01-01}", f"{header}\n7,2018-05-01,other,leaver\n"
    )
    assert arrival.rows_loaded == 0
    assert [row[:3] for row in bad] == [(2, "leaving_date", "out_of_range")]


def test_a_known_extra_column_is_named_and_any_other_is_given_by_place(read: Read) -> None:
    arrival, rows, _ = read(
        "known_extra_columns: [Reporting Unit, Title]",
        f"title,{HEADER},Jane Canary,REPORTING  UNIT\nMs,7,2018-05-01,2019-03-05,other,,leaver,x,y\n",
    )
    assert arrival.extra_columns == "Reporting Unit; Title; 1 (position 8)"
    assert len(rows) == 1


def test_how_many_bad_rows_a_file_may_have_is_configured(read: Read) -> None:
    """2 of 4 are bad: under five, and so loaded as shipped; a half is no more than a half."""
    days = ("2019-03-05", "2019-03-06", "never", "soon")
    lines = [f"{n},2018-05-01,{day},other,,leaver" for n, day in enumerate(days)]
    text = "\n".join([HEADER, *lines])
    for mapping, reason in (
        ("", None),
        ("fewest_bad_rows: 2", "too_many_bad_rows"),
        ("{fewest_bad_rows: 3, most_bad_share: 0.01}", None),
        ("{fewest_bad_rows: 2, most_bad_share: 0.5}", None),
        ("{fewest_bad_rows: 2, most_bad_share: 0.49}", "too_many_bad_rows"),
    ):
        arrival, _, bad = read(mapping, text)
        assert (arrival.reason_code, arrival.rows_quarantined) == (reason, 2), mapping
        assert len(bad) == 2
    assert "2 of 4 rows are bad, more than 49%" in str(arrival.sentence)


EXAMPLE = project_root() / "docs" / "mappings.md"


def test_the_example_in_the_documents_can_be_used_and_every_key_is_told_of(load: Load) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    contract = load(text.split("```yaml")[1].split("```")[0])["hr_leavers"]
    assert contract.names["personref."] == "employee_id"
    assert contract.constants == {"record_status": "leaver"}
    with pytest.raises(BadConfiguration) as refused:
        load("id_normalizer: {}")
    assert "'id_normaliser'" in str(refused.value)
    for key in (
        "aliases", "date_format", "values", "constants", "known_extra_columns", "id_normaliser",
        "most_bad_share", "fewest_bad_rows",
    ):  # fmt: skip
        assert f"`{key}`" in text


def test_ids_written_in_several_ways_become_one_key(read: Read) -> None:
    """'e0012', '12' and ' E12 ' are all 000012, so the second and third repeat the first's key."""
    mapping = "id_normaliser: {upper_case: true, strip_prefix: e, pad_to_width: 6}"
    lines = [f"{one},2018-05-01,2019-03-05,other,,leaver" for one in ("e0012", "12", " E12 ", "E")]
    arrival, rows, bad = read(mapping, "\n".join([HEADER, *lines]), columns="staff_key")
    assert rows == [(KEYS.hash_all(["000012"])["000012"],)]
    assert [row[:3] for row in bad] == [
        (3, "employee_id", "duplicate_key"),
        (4, "employee_id", "duplicate_key"),
        (5, "employee_id", "missing_value"),
    ]
    assert arrival.rows_read == 4


def test_a_sources_normaliser_leaves_mail_addresses_alone(load: Load) -> None:
    contract = load("id_normaliser: {strip_prefix: e}", "hr_staff.yaml")["hr_staff"]
    assert contract.column("employee_id").normaliser == Normaliser(strip_prefix="e")
    assert contract.column("email").normaliser is None
    own = load("id_normaliser: {email: {upper_case: no}}", "hr_staff.yaml")["hr_staff"]
    assert own.column("employee_id").normaliser is None
    assert own.column("email").normaliser == Normaliser()


@trying(deadline=None)
@given(
    st.text(st.sampled_from("eE0123ß\u00a0é 🤝\x00x"), max_size=9),
    st.builds(
        Normaliser,
        upper_case=st.booleans(),
        strip_prefix=st.sampled_from(["", "e", "E0", "é", "ß"]),
        pad_to_width=st.integers(0, 8),
    ),
)
def test_an_id_is_normalised_in_sql_as_it_is_in_python(value: str, rule: Normaliser) -> None:
    column = contracts.Column("id", "string", "An id.", privacy="id", normaliser=rule)
    (trimmed,) = judging.trimmed(pa.record_batch({"id": text_array([value])})).to_pydict()["id"]
    found = duckdb.execute(
        f"select {judging._given(column)} from (select $value as id)", {"value": trimmed}
    ).fetchall()
    assert found == [(rule.apply(value) or None,)]


def test_what_is_said_of_a_mapped_file_repeats_no_value_of_it(
    read: Read, settings: Settings
) -> None:
    """Each canary stands in a bad place: in a heading, and in each column that has a rule."""
    mapping = """
        date_format: '%d/%m/%Y'
        values: {leaving_reason: {Quit: resignation}}
        known_extra_columns: [School]
        id_normaliser: {upper_case: true}
    """
    lines = [
        f"{HEADER},CanaryHeading,School",
        "CanaryA,CanaryB,05/03/2019,Quit,,leaver,CanaryC,CanaryD",
        "CanaryE,05/03/2018,CanaryF,Quit,,leaver,CanaryG,CanaryH",
        "CanaryI,05/03/2018,05/03/2019,CanaryJ,,leaver,CanaryK,CanaryL",
        "CanaryM,05/03/2018,05/03/2019,Quit,CanaryN,CanaryO,,",
    ]
    arrival, _, bad = read(mapping, "\n".join(lines))
    assert len(bad) == 4
    lake.record(settings, arrival)
    written = [path for path in settings.home.rglob("*") if path.is_file()]
    written = [path for path in written if settings.landing not in path.parents]
    assert len(written) >= 2
    for path in written:
        assert b"canary" not in path.read_bytes().lower(), path
    assert "canary" not in f"{arrival} {bad}".lower()
    refused, _, _ = read(mapping, "\n".join(lines).replace("leaving_date", "leaving_canary", 1))
    assert refused.reason_code == "missing_column"
    assert "looks like it" not in str(refused.sentence)
    assert "canary" not in str(refused.sentence).lower()


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("Leaving Date", "(2 columns have unknown names; column 3 looks like it)"),
        ("date of leaving", "(2 columns have unknown names)"),
        ("l" * 5_000_000, "(2 columns have unknown names)"),
    ],
)
def test_a_missing_column_is_looked_for_by_likeness_and_given_by_place(
    read: Read, heading: str, said: str
) -> None:
    arrival, _, _ = read(
        "aliases: {leaving_date: [Leaving Day]}",
        f"{HEADER.replace('leaving_date', heading + 's')},Jane Canary\n7,2018-05-01,x,other,,leaver,y\n",
    )
    assert arrival.reason_code == "missing_column"
    assert said in str(arrival.sentence)
    assert "expectations/mappings/hr_leavers.yaml" in str(arrival.sentence)
    assert "Canary" not in str(arrival.sentence)


SAMPLE = Path(__file__).parents[1] / "data" / "mappings" / "hr_leavers_2019-03-31.csv"


def test_the_shipped_example_loads_a_real_layout(read: Read, settings: Settings) -> None:
    """Of four leavers the last has month and day the wrong way round: 15 is no month.

    P4711, 'p12 ' and 4713 are 004711, 000012 and 004713; an empty reason is mapped to other.
    """
    example = project_root() / "expectations" / "mappings" / "examples" / "hr_leavers.yaml"
    arrival, rows, bad = read(
        example.read_text(encoding="utf-8"),
        SAMPLE.read_text(encoding="utf-8"),
        columns="staff_key, start_date, leaving_date, leaving_reason, destination, record_status",
    )
    keys = KEYS.hash_all(["004711", "000012", "004713"])
    assert rows == [
        (keys["004711"], date(2018, 5, 1), date(2019, 3, 5), "resignation", None, "leaver"),
        (keys["000012"], date(2017, 1, 2), date(2019, 3, 31), "end_of_contract", None, "leaver"),
        (keys["004713"], date(2012, 11, 12), date(2019, 3, 29), "other", None, "leaver"),
    ]
    words = "start_date is no date of the form DD/MM/YYYY (or YYYY-MM-DD)."
    assert bad == [(5, "start_date", "not_a_date", words)]
    assert arrival.extra_columns == (
        "Basis; Category; Forename; Location; Occupancy Start Date; Position; Position Reference; "
        "Reporting Unit; School; Surname; Title; Type"
    )
    written = [
        path for path in settings.home.rglob("*") if path.suffix in (".parquet", lake.BAD_ROWS)
    ]
    assert len(written) == 3  # a batch, and the list of the bad row in the lake and as it is shown
    assert not any(b"Canary" in path.read_bytes() for path in written)


def test_a_corrected_mapping_reads_again_what_is_still_in_landing(
    load: Load, settings: Settings
) -> None:
    """Read as month first, 5 March is 3 May, and 31 March is no date.

    The form is corrected when the February file has left landing: March is read again, February
    stands as it was read.
    """
    folder = settings.landing / "hr_leavers"
    folder.mkdir(parents=True)
    for name, days in (("02-28", ("07/02/2019",)), ("03-31", ("05/03/2019", "31/03/2019"))):
        lines = [f"{n},01/05/2018,{day},other,,leaver" for n, day in enumerate(days)]
        text = "\n".join([HEADER, *lines])
        (folder / f"hr_leavers_2019-{name}.csv").write_text(text, encoding="utf-8")

    def night(form: str) -> tuple[list[Arrival], list[tuple[str, str, bool, int, int]]]:
        registry = load(f"date_format: '{form}'")
        recorded = landing.take_in(
            settings, registry, KEYS, [registry["hr_leavers"]], lambda _: None
        )
        rows = lake.manifest(lake.arrivals(settings), registry)
        return recorded, [
            (
                str(row.arrival.as_of),
                row.status,
                row.read_again,
                row.arrival.rows_loaded,
                row.arrival.rows_quarantined,
            )
            for row in rows
        ]

    first, before = night("%m/%d/%Y")
    assert len(first) == 2
    assert before == [
        ("2019-02-28", "loaded", False, 1, 0),
        ("2019-03-31", "partly_loaded", False, 1, 1),
    ]
    (folder / "hr_leavers_2019-02-28.csv").unlink()
    again, after = night("%d/%m/%Y")
    assert [str(one.as_of) for one in again] == ["2019-03-31"]
    assert after == [
        ("2019-02-28", "loaded", False, 1, 0),
        ("2019-03-31", "loaded", False, 2, 0),
        ("2019-03-31", "superseded", True, 1, 1),
    ]
    nothing, same = night("%d/%m/%Y")
    assert (nothing, same) == ([], after)
    # Gone back to, the first mapping finds its own reading in the lake and has nothing to do.
    nothing, back = night("%m/%d/%Y")
    assert nothing == []
    assert ("2019-03-31", "partly_loaded", False, 1, 1) in back


def test_a_mapping_that_cannot_be_used_stops_the_night_before_anything_is_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "5a" * 32)
    folder = settings.landing / "hr_leavers"
    folder.mkdir(parents=True)
    (folder / "hr_leavers_2019-03-31.csv").write_text(HEADER, encoding="utf-8")
    (settings.mappings / "hr_leavers.yaml").write_text("aliasses: {}", encoding="utf-8")
    with pytest.raises(BadConfiguration, match="aliases"):
        nightly.run(settings)
    assert lake.arrivals(settings) == []
    assert nightly.read_last_night(settings)["status"] == "failed"


def test_an_optional_column_under_a_new_heading_is_pointed_out_by_its_place(read: Read) -> None:
    """The file is good, and without a word `destination` would be empty from then on."""
    header = HEADER.replace("destination", "Destinations") + ",Jane Canary"
    arrival, rows, _ = read("", f"{header}\n7,2018-05-01,2019-03-05,other,agency,leaver,x\n")
    assert rows == [(date(2019, 3, 5), "other", None, "leaver")]
    assert arrival.extra_columns == "2 (position 5, 7); position 5 looks like destination"
