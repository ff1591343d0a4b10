"""The registry of metrics: written once beside the models, and everything else reads it."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from dashboard import metrics as dashboards
from dashboard import words
from warehouse import closing, contracts, metrics
from warehouse.disclosure.board import RELEASES
from warehouse.errors import BadConfiguration
from warehouse.settings import Settings, project_root

PROJECT = project_root()
SETTINGS = Settings(home=Path("unused"), project=PROJECT)
# What leads a row of the board's tables and of the marts that have no key of their own.
LEADS = {"month_end", "quarter_end", "year", "period", "period_kind", "scope_type", "scope_name"}


@pytest.fixture(scope="module")
def models() -> list[metrics.Model]:
    return metrics.models(SETTINGS.dbt_project)


@pytest.fixture(scope="module")
def registry() -> list[metrics.Metric]:
    return metrics.registry(SETTINGS.dbt_project)


def test_the_committed_registry_is_that_of_the_yaml(registry: list[metrics.Metric]) -> None:
    """`make metrics` writes both."""
    assert metrics.csv_path(SETTINGS).read_text(encoding="utf-8") == metrics.as_csv(registry)
    assert metrics.markdown_path(SETTINGS).read_text(encoding="utf-8") == metrics.as_markdown(
        registry
    )


def test_every_number_of_every_mart_is_a_metric_or_said_to_be_none(
    models: list[metrics.Model],
) -> None:
    """Numbers of a model's key are neither. What a column is, is said in one way alone."""
    marts = [model for model in models if model.layer == "marts"]
    assert {path.stem for path in (PROJECT / "dbt_project/models/marts").rglob("*.sql")} == {
        model.name for model in marts
    }
    numbers = 0
    for model in marts:
        for column in model.columns:
            said = {"label", "as", "not_a_metric"} & column.meta.keys()
            where = f"{model.name}.{column.name}"
            if column.data_type.partition("(")[0] in metrics.NUMERIC and not column.in_key:
                numbers += 1
                assert len(said) == 1, where
            else:
                assert not said, where
    assert numbers > 90


def test_every_figure_of_the_boards_own_tables_is_a_metric(
    models: list[metrics.Model], registry: list[metrics.Metric]
) -> None:
    """The board's tables by quarter, year and to date; in two of them stand helping counts too."""
    columns = {model.name: [column.name for column in model.columns] for model in models}
    known = {(one.mart, one.metric) for one in registry}
    own_tables = 0
    for table, release in RELEASES.items():
        schema, _, model = release.source.partition(".")
        if schema == "intermediate":
            own_tables += 1
            shown = set(release.columns or columns[model]) - LEADS
            assert shown
            assert {name for name in shown if (table, name) not in known} <= {
                "people", "offers_12m", "starts_12m", "staff_affected_where_held", "followed_up",
            }, table  # fmt: skip
    assert own_tables >= 8


def test_a_column_has_one_label_and_one_unit_wherever_it_stands(
    registry: list[metrics.Metric],
) -> None:
    """The same thing has the same name everywhere, and different things never share one."""
    said: dict[str, set[tuple[str, str]]] = {}
    for one in registry:
        said.setdefault(one.metric, set()).add((one.label, one.unit))
    assert {name: both for name, both in said.items() if len(both) > 1} == {}
    keys = [(one.mart, one.metric) for one in registry]
    assert len(keys) == len(set(keys))


def test_a_rate_is_a_share_and_a_share_is_no_count(registry: list[metrics.Metric]) -> None:
    for one in registry:
        if re.search(r"(_rate|_index)(_|$)|_share$|^share_|^coverage_", one.metric):
            assert (one.unit, one.kind) == ("share", "measurement"), one
        if one.unit == "share":
            assert one.kind == "measurement", one


def test_a_debrief_has_no_direction(registry: list[metrics.Metric]) -> None:
    """A declined offer is an outcome, and no share "within 3 days" is a target."""
    directions = {one.direction for one in registry if one.mart.startswith("debrief_")}
    assert directions == {"neutral"}


def test_a_metrics_sources_are_sources_that_there_are(registry: list[metrics.Metric]) -> None:
    known = set(contracts.load(SETTINGS))
    for one in registry:
        assert set(one.source.split(", ")) <= known, one


def test_a_tables_sources_are_those_that_its_model_reads(
    models: list[metrics.Model], registry: list[metrics.Metric]
) -> None:
    """Down every ref() to source(): whose file can move a figure is named beside it.

    Left out is what nobody sends: the months that a purge has closed are of the same sources.
    """
    reads = _reads(SETTINGS.dbt_project / "models")
    known = set(contracts.load(SETTINGS)) - {closing.SOURCE}
    said = {(model.name, model.meta["source"]) for model in models if "source" in model.meta}
    for one in registry:
        release = RELEASES.get(one.mart)
        said.add((release.source.partition(".")[2] if release else one.mart, one.source))
    assert len(said) > 20
    for model, sources in sorted(said):
        assert set(sources.split(", ")) == _sources(model, reads) & known, model
    # Caseloads are of those in post on the day, and a leaver record says until when.
    assert _sources("caseload_monthly", reads) & known == {"hr_staff", "hr_leavers"}


def _reads(folder: Path) -> dict[str, tuple[set[str], set[str]]]:
    """By model: the models and seeds, and the tables of sources, that its file reads."""
    text = {
        path.stem: path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.suffix in (".sql", ".py")
    }
    found = {}
    for model, written in text.items():
        refs = set(re.findall(r"\bref\(\s*['\"](\w+)['\"]\s*\)", written))
        # A loop over models names them elsewhere in the same file.
        if re.search(r"\bref\(\s*[^'\"\s]", written):
            refs |= set(re.findall(r"['\"](\w+)['\"]", written)) & text.keys() - {model}
        found[model] = (refs, set(re.findall(r"\bsource\('lake', '(\w+)'\)", written)))
    return found


def _sources(model: str, reads: dict[str, tuple[set[str], set[str]]]) -> set[str]:
    refs, tables = reads.get(model, (set(), set()))  # a seed reads nothing
    return tables.union(*(_sources(one, reads) for one in refs))


def test_the_dashboard_takes_labels_and_shares_from_the_registry(
    registry: list[metrics.Metric],
) -> None:
    assert {one.metric: one.label for one in registry} == dashboards.LABELS
    assert dashboards.LABELS.items() <= words.COLUMNS.items()
    assert {one.metric for one in registry if one.unit == "share"} == words.RATES
    written = (PROJECT / "dashboard/words/common.py").read_text(encoding="utf-8")
    written = written.partition("\nCOLUMNS = {")[2].partition("\n}")[0]
    assert "month_end" in written
    again = set(re.findall(r'^    "(\w+)": "', written, re.M)) & set(dashboards.LABELS)
    assert not again, "written a second time"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("unit: posts, ", "", r"recruitment_monthly\.open_vacancies lacks unit"),
        ("kind: measurement}", "kind: guess}", r"has a kind that is none of measurement"),
        ("direction: decrease, ", "direction: up, ", "has a direction that is none of increase"),
    ],
)
def test_a_metric_that_is_not_wholly_told_is_refused_by_name(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    shutil.copytree(PROJECT / "dbt_project/models", tmp_path / "models")
    told = tmp_path / "models/marts/recruitment/_recruitment__models.yml"
    text = told.read_text(encoding="utf-8")
    assert right in text
    told.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadConfiguration, match=said):
        metrics.registry(tmp_path)


def test_a_metric_that_stands_for_one_that_is_written_nowhere_is_refused(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "dbt_project/models", tmp_path / "models")
    told = tmp_path / "models/marts/retention/_retention__models.yml"
    text = told.read_text(encoding="utf-8")
    assert "as: recruitment_monthly.vacant_fte" in text
    told.write_text(text.replace("as: recruitment_monthly.vacant_fte", "as: recruitment_monthly.x"))
    with pytest.raises(BadConfiguration, match="written nowhere"):
        metrics.registry(tmp_path)


def test_the_registry_reads_as_csv_row_by_row(registry: list[metrics.Metric]) -> None:
    """Turnover over twelve months: a share that is better lower, of the two HR sources."""
    rows = list(csv.DictReader(metrics.as_csv(registry).splitlines()))
    assert len(rows) == len(registry) > 150
    turnover = next(
        row
        for row in rows
        if (row["mart"], row["metric"]) == ("retention_monthly", "turnover_rate_12m")
    )
    assert turnover["label"] == "Turnover, 12 months"
    assert (turnover["unit"], turnover["direction"]) == ("share", "decrease")
    assert turnover["source"] == "hr_staff, hr_leavers"
