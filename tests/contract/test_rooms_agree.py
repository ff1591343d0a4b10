"""The rooms agree: contracts, families, dbt sources and models, suites, commands and documents."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from dashboard.data import COUNTED_FROM
from warehouse import closing, contracts, dbt_sources, findings, gate_docs, gates, nightly
from warehouse.cli import _parser
from warehouse.contracts import Registry
from warehouse.disclosure import board
from warehouse.settings import Settings, project_root

PROJECT = project_root()
SETTINGS = Settings(home=Path("unused"), project=PROJECT)
CONTRACT_FILES = sorted((PROJECT / "expectations/contracts").glob("*.yaml"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return contracts.load(SETTINGS)


@pytest.mark.parametrize("path", CONTRACT_FILES, ids=lambda path: path.stem)
def test_a_contract_is_valid_by_the_open_data_contract_standard(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(OpenDataContractStandard.json_schema()))
    assert document["id"] == path.stem == document["schema"][0]["name"]


def test_there_is_a_contract_for_every_source_of_every_family(registry: Registry) -> None:
    by_family = {
        family: {contract.source for contract in registry.of_family(family)}
        for family in {contract.family for contract in registry.values() if contract.lands}
    }
    assert by_family == {family: set(sources) for family, sources in nightly.FAMILIES.items()}


def test_every_id_column_is_stored_under_another_name_and_in_a_domain(registry: Registry) -> None:
    ids = [
        column
        for contract in registry.values()
        for column in contract.columns
        if column.privacy == "id"
    ]
    assert ids
    assert all(column.stored_as.endswith("_key") and column.id_domain for column in ids)


def test_free_text_and_names_are_dropped(registry: Registry) -> None:
    dropped = {
        column.name
        for contract in registry.values()
        for column in contract.columns
        if column.privacy == "drop"
    }
    told_by_a_meetings_report = {
        "stated_role", "first_join", "last_leave", "time_in_meeting", "user_action", "action_at",
        "minutes", "in_waiting_room", "host_email", "meeting_id", "started_at",
    }  # fmt: skip
    of_the_census_return = {
        "PersonBirthDate",
        "GenderCurrent",
        "Sex",
        "Ethnicity",
        "QualInst",
        "BaseSalary",
        "RRPayments",
        "OtherPayments",
        "OtherAllowances",
    }
    assert dropped == {
        "full_name", "exit_interview_notes", "notes", *told_by_a_meetings_report, *of_the_census_return
    }  # fmt: skip
    for contract in registry.values():
        assert not dropped & set(contract.lake_columns)


def test_dbts_source_definitions_are_those_of_the_contracts(registry: Registry) -> None:
    """`make sources` writes them."""
    written = dbt_sources.path(SETTINGS).read_text(encoding="utf-8")
    assert written == dbt_sources.render(registry, dbt_sources.most_days(SETTINGS))


def test_every_source_has_one_staging_model_and_nothing_else_reads_it(registry: Registry) -> None:
    models = list((PROJECT / "dbt_project/models").rglob("*.sql"))
    assert models
    readers: dict[str, list[str]] = {}
    for path in models:
        for source in re.findall(r"source\('lake',\s*'(\w+)'\)", path.read_text(encoding="utf-8")):
            readers.setdefault(source, []).append(path.stem)
    assert readers == {source: [f"stg_{source}"] for source in registry}


def test_what_is_closed_of_a_mart_is_all_that_its_yaml_says() -> None:
    """The macro writes the figures out, the contract has a column for each, the purge knows each key."""
    macro = (PROJECT / "dbt_project/macros/with_closed.sql").read_text(encoding="utf-8")
    figures = ast.literal_eval(re.findall(r"set figures = (\{.*?\}) -%", macro, re.DOTALL)[0])
    columns = {
        model["name"]: {column["name"] for column in model["columns"]}
        for path in (PROJECT / "dbt_project/models").rglob("*.yml")
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", ())
    }
    # Of a session only how many came is taken, in the model below the mart.
    assert set(closing.MARTS) == {*figures, "participation_session"}
    for mart, listed in figures.items():
        assert {*listed, *closing.MARTS[mart].key} == columns[mart], mart
    contract = contracts.load(SETTINGS)[closing.SOURCE]
    assert {column.name for column in contract.columns} == {"mart", "period_end"}.union(
        *(columns[mart] for mart in closing.MARTS)
    )


def test_no_model_reads_a_layer_after_its_own() -> None:
    """staging reads sources, intermediate reads staging and intermediate, marts read all but sources.

    One exception (decision 21): what charts and tests the finished figures reads the marts, and nothing
    but the marts of the impact reads it.
    """
    folder = PROJECT / "dbt_project/models"
    models = sorted([*folder.rglob("*.sql"), *folder.rglob("*.py")])
    layers = {path.stem: path.relative_to(folder).parts[0] for path in models}
    impact = {path.stem for path in models if path.parent == folder / "intermediate/impact"}
    of_impact = {path.stem for path in models if path.parent == folder / "marts/impact"}
    assert impact
    assert of_impact
    layers |= {path.stem: "seeds" for path in (PROJECT / "dbt_project/seeds").rglob("*.csv")}
    may_read = {
        "staging": set(),
        "intermediate": {"staging", "intermediate", "seeds"},
        "marts": {"staging", "intermediate", "marts", "seeds"},
        "operations": {"staging", "intermediate", "seeds"},
    }
    references = 0
    for path in models:
        text = path.read_text(encoding="utf-8")
        layer = layers[path.stem]
        for name in re.findall(r"""ref\(['"](\w+)['"]\)""", text):
            references += 1
            allowed = may_read[layer] | ({"marts"} if path.stem in impact else set())
            assert layers[name] in allowed, f"{path.stem} reads {name}"
            assert name not in impact or path.stem in impact | of_impact, (
                f"{path.stem} reads {name}"
            )
        if layer != "staging":
            assert "source(" not in text, path
    assert references > 10


def test_every_model_says_its_grain_first_and_stays_short() -> None:
    for path in (PROJECT / "dbt_project/models").rglob("*.sql"):
        lines = path.read_text(encoding="utf-8").splitlines()
        grain = next(line for line in lines if line and not line.startswith(("{#", "{{")))
        assert grain.startswith("-- Grain: "), path
        assert len(lines) <= 100, path


def test_every_page_is_an_exposure_of_every_table_that_it_asks_for() -> None:
    """Tables of the board that a page's own module names as it asks for them, by the model behind."""
    exposures = yaml.safe_load(
        (PROJECT / "dbt_project/models/_dashboard__exposures.yml").read_text(encoding="utf-8")
    )["exposures"]
    declared = {
        one["name"]: set(re.findall(r"'(\w+)'", str(one["depends_on"]))) for one in exposures
    }
    pages = list((PROJECT / "dashboard/pages").glob("[a-z]*.py"))
    assert {f"{path.stem}_page" for path in pages} == set(declared)
    asked = 0
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for table in re.findall(
            r'(?:board\.(?:service|below_the_service)\(|parts_of_the_service\(\s*board, )"(\w+)"',
            text,
        ):
            asked += 1
            behind = board.RELEASES[table].source.partition(".")[2]
            assert behind in declared[f"{path.stem}_page"], f"{path.stem}: {table}"
    assert asked >= 8


def test_every_suite_has_levels_rules_and_messages(registry: Registry) -> None:
    """A rule is known by its suite and name; a file is sought in sources that there are."""
    suites = sorted((PROJECT / "expectations/suites").glob("*.json"))
    assert "arrivals" in [path.stem for path in suites]
    for path in suites:
        suite = json.loads(path.read_text(encoding="utf-8"))
        assert suite["name"] == path.stem
        assert ("query" in suite["meta"]) is path.stem.startswith("marts_")
        rules = [one["meta"]["rule"] for one in suite["expectations"]]
        assert len(rules) == len(set(rules)) > 0
        for expectation in suite["expectations"]:
            assert expectation["type"] == gates.BETWEEN
            assert expectation["meta"]["level"] in findings.LEVELS
            assert expectation["meta"]["message"].endswith(".")
            assert set(expectation["meta"].get("sources", [])) <= set(registry)


def test_every_gate_is_listed_in_its_document() -> None:
    assert gate_docs.path(SETTINGS).read_text(encoding="utf-8") == gate_docs.render(SETTINGS)


def test_the_runbook_says_of_every_gate_what_to_do() -> None:
    runbook = (PROJECT / "docs/runbook.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`(\w+)`", runbook.partition("## Gates\n")[2].partition("\n## ")[0]))
    rules = {
        one["meta"]["rule"]
        for path in (PROJECT / "expectations/suites").glob("*.json")
        for one in json.loads(path.read_text(encoding="utf-8"))["expectations"]
    }
    assert len(rules) > 50
    assert rules <= said


def test_every_table_of_the_boards_file_comes_from_a_model_that_is_meant_for_it() -> None:
    """From a mart, or from an intermediate model that was made for the board."""
    models = PROJECT / "dbt_project/models"
    marts = {f"marts.{path.stem}" for path in (models / "marts").rglob("*.sql")}
    for_board = {f"intermediate.{path.stem}" for path in models.rglob("int_board__*.sql")}
    sources = {release.source for release in board.RELEASES.values()}
    assert for_board <= sources <= marts | for_board
    person_level = {
        "marts.staff_spells",
        "marts.hr_reconciliation",
        "marts.participation_session",
        "marts.csww_staff",
        "marts.csww_leavers",
    }
    assert person_level < marts
    assert not person_level & sources


def test_every_command_is_in_the_readme_or_the_runbook() -> None:
    choices = next(action.choices for action in _parser()._actions if action.choices)
    assert choices
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert not [command for command in choices if f"warehouse {command}" not in text]


def test_every_target_of_make_that_a_newcomer_is_told_of_is_there() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M)
    )
    named = {
        target
        for document in ("README.md", "CONTRIBUTING.md")
        for target in re.findall(
            r"make ([a-z-]+)", (PROJECT / document).read_text(encoding="utf-8")
        )
    }
    assert {"demo", "test", "lint"} <= named <= targets


def test_a_page_and_principle_6_wait_for_the_same_sources(registry: Registry) -> None:
    """Both tell no figure of what nobody sent: what the mart asks for is what the pages ask for."""
    text = (PROJECT / "dbt_project/models/marts/impact/principle_6.sql").read_text("utf-8")
    asked = {name for name in re.findall(r"'(\w+)'", text) if name in registry}
    tables = ("recruitment", "absence", "participation")
    groups = [group for table in tables for group in COUNTED_FROM[table]]
    assert asked == {source for group in groups for source in group}


def test_no_folder_reads_to_its_right() -> None:
    """Nothing in the package imports from dags/ or dashboard/, and the dashboard not from the pipeline."""
    forbidden = {"src/warehouse": ("dags", "dashboard"), "dashboard": ("warehouse", "dags")}
    for folder, packages in forbidden.items():
        files = list((PROJECT / folder).rglob("*.py"))
        assert files
        for path in files:
            found = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.M)
            assert not set(found) & set(packages), path


def test_the_lock_names_every_package_with_a_hash_and_no_address() -> None:
    locks = sorted(path.name for path in PROJECT.glob("*.lock"))
    assert "requirements-provider.lock" in locks
    assert len(locks) == 4
    for name in locks:
        text = (PROJECT / name).read_text(encoding="utf-8")
        packages = re.findall(r"^(\S+)==(\S+)", text, re.M)
        assert packages
        assert text.count("--hash=sha256:") >= len(packages)
        assert "://" not in text


def test_the_command_line_starts_without_heavy_imports() -> None:
    code = (
        "import sys, warehouse.cli, warehouse.nightly;"
        "heavy = {'duckdb', 'pandas', 'pyarrow', 'dbt', 'great_expectations', 'airflow', 'numpy'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
