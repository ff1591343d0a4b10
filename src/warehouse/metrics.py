"""The registry of metrics: what each figure of a mart is, read from the YAML beside its model.

A metric is written once, as ``meta`` of its column: ``label``, ``unit``, ``direction`` (which way
is better), ``kind``, and where they are its own ``caveat``, ``source`` and ``owner``, which
otherwise are the model's. Its definition is the column's description. A column that shows another
mart's metric at another grain says ``as: mart.column``; a number that is none says
``not_a_metric`` and why. The board's tables name the mart whose metrics they show (``metrics_of``),
and their own ``source`` where they are made of fewer. A test holds ``source`` to what the model reads.

``make metrics`` writes the registry to ``dbt_project/metrics.csv``, from which every build makes
``marts.metrics`` and the dashboard takes its labels, and to ``docs/metrics.md``. A test holds both
equal to the YAML.
"""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.disclosure.board import RELEASES
from warehouse.errors import BadConfiguration
from warehouse.ingest.judging import literal
from warehouse.settings import Settings, load

if TYPE_CHECKING:
    import duckdb

TABLE = "marts.metrics"
KINDS = ("measurement", "count_per_exposure", "rare_event")
DIRECTIONS = ("increase", "decrease", "neutral", "by_instrument")
NUMERIC = frozenset({"integer", "bigint", "double", "hugeint", "smallint", "float", "decimal"})

_MEANINGS = {
    "mart": "Table of schema marts.",
    "metric": "Its column.",
    "label": "What people read; the same wherever a column bears the name.",
    "definition": "What is counted, and when it is null.",
    "unit": "What one is; `share` is a fraction of 1.",
    "direction": (
        "Which way is better: `increase`, `decrease`, `neutral`, or `by_instrument` where the "
        "questionnaire decides."
    ),
    "source": "The sources that its table is made of.",
    "owner": "Who answers for what it means.",
    "caveat": "What must be known before anything is concluded from it.",
    "kind": (
        "`measurement`, `count_per_exposure` or `rare_event`: which kind of control chart and "
        "interval fits."
    ),
}


@dataclass(frozen=True)
class Metric:
    """One metric of one table; the fields are the columns of ``marts.metrics``, all text."""

    mart: str
    metric: str
    label: str
    definition: str
    unit: str
    direction: str
    source: str
    owner: str
    caveat: str
    kind: str


@dataclass(frozen=True)
class Column:
    """A column of a model as its YAML has it. ``in_key``: part of the model's unique key."""

    model: str
    name: str
    definition: str
    data_type: str
    meta: dict[str, str]
    in_key: bool


@dataclass(frozen=True)
class Model:
    """A model of the marts or the board, with what its YAML says of all its columns."""

    name: str
    layer: str
    meta: dict[str, str]
    columns: tuple[Column, ...]


def models(dbt_project: Path) -> list[Model]:
    """The models of ``marts/`` and ``intermediate/board/``, by name, from their YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said = (dbt_project / "models" / "words.md").read_text(encoding="utf-8")
    docs = {
        name: " ".join(text.split())
        for name, text in re.findall(r"{% docs (\w+) %}(.*?){% enddocs %}", said, re.S)
    }
    found = []
    for layer in ("marts", "intermediate/board"):
        for path in (dbt_project / "models" / layer).rglob("*__models.yml"):
            # The loader is one of the two safe ones.
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
            found += [_model(layer, model, docs) for model in document["models"]]
    return sorted(found, key=lambda model: model.name)


def _model(layer: str, said: dict[str, Any], docs: dict[str, str]) -> Model:
    keys = {
        column
        for test in said.get("data_tests", ())
        if isinstance(test, dict) and "unique_combination" in test
        for column in test["unique_combination"]["arguments"]["columns"]
    }
    columns = tuple(
        Column(
            said["name"],
            column["name"],
            _written_out(column.get("description", ""), docs),
            column.get("data_type", ""),
            dict(column.get("config", {}).get("meta", {})),
            column["name"] in keys,
        )
        for column in said["columns"]
    )
    return Model(said["name"], layer, dict(said.get("config", {}).get("meta", {})), columns)


def _written_out(description: str, docs: dict[str, str]) -> str:
    return re.sub(
        r"{{ doc\(['\"](\w+)['\"]\) }}", lambda name: docs[name[1]], " ".join(description.split())
    )


def registry(dbt_project: Path) -> list[Metric]:
    """Every metric of every mart, then those of the board's own tables, by table and column order.

    Raises BadConfiguration where a metric lacks a field, or has a kind or direction there is not.
    """
    known = models(dbt_project)
    marts = [model for model in known if model.layer == "marts"]
    own = {
        (model.name, column.name): _own(model, column, column.meta)
        for model in marts
        for column in model.columns
        if "label" in column.meta
    }
    found = []
    for model in marts:
        for column in model.columns:
            if "as" in column.meta:
                found.append(_as_shown(model, column, _meant(own, column)))
            elif (model.name, column.name) in own:
                found.append(own[model.name, column.name])
    return found + list(_of_the_board(known, {(one.mart, one.metric): one for one in found}))


def _own(model: Model, column: Column, meta: dict[str, str]) -> Metric:
    told = {**model.meta, **meta}
    missing = [
        field.name
        for field in fields(Metric)
        if field.name not in ("mart", "metric", "definition") and not told.get(field.name)
    ]
    if missing or not column.definition:
        _refuse(model.name, column.name, f"lacks {', '.join(missing) or 'a description'}")
    if told["kind"] not in KINDS:
        _refuse(model.name, column.name, f"has a kind that is none of {', '.join(KINDS)}")
    if told["direction"] not in DIRECTIONS:
        _refuse(model.name, column.name, f"has a direction that is none of {', '.join(DIRECTIONS)}")
    return Metric(
        mart=model.name,
        metric=column.name,
        definition=column.definition,
        **{name: " ".join(told[name].split()) for name in _TOLD},
    )


_TOLD = ("label", "unit", "direction", "source", "owner", "caveat", "kind")


def _refuse(model: str, column: str, what: str) -> None:
    raise BadConfiguration(
        f"The metric {model}.{column} {what}. Complete its meta in the YAML beside the model, "
        "then run make metrics."
    )


def _meant(own: dict[tuple[str, str], Metric], column: Column) -> Metric:
    mart, _, name = column.meta["as"].partition(".")
    if (mart, name) not in own:
        _refuse(column.model, column.name, "is said to be one that is written nowhere")
    return own[mart, name]


def _as_shown(model: Model, column: Column, meant: Metric) -> Metric:
    """Another mart's metric as this model shows it: its own definition, owner and all it says itself."""
    told = {**asdict(meant), **model.meta, **column.meta}
    return replace(
        meant,
        mart=model.name,
        metric=column.name,
        definition=column.definition,
        **{
            name: " ".join(told[name].split())
            for name in ("direction", "source", "owner", "caveat")
        },
    )


def _of_the_board(known: list[Model], own: dict[tuple[str, str], Metric]) -> Iterator[Metric]:
    """The metrics of the tables that the board's file holds beside the marts."""
    marts = {model.name: model for model in known if model.layer == "marts"}
    by_name = {f"intermediate.{model.name}": model for model in known if model.layer != "marts"}
    for table, release in RELEASES.items():
        model = by_name.get(release.source)
        if model is None:
            continue
        of = model.meta["metrics_of"]
        for column in model.columns:
            meant = own.get((of, column.name))
            if release.columns and column.name not in release.columns:
                continue
            if "label" in column.meta:
                meta = {**marts[of].meta, **model.meta, **column.meta}
                yield replace(_own(model, column, meta), mart=table)
            elif meant is not None:
                source = " ".join(model.meta.get("source", meant.source).split())
                yield replace(meant, mart=table, definition=column.definition, source=source)


def as_csv(metrics: Iterable[Metric]) -> str:
    """The registry as CSV, one row a metric and table, with the field names as heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Metric)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(metric) for metric in metrics)
    return text.getvalue()


def as_markdown(metrics: Iterable[Metric]) -> str:
    """The registry for people: a section a table, a row a metric."""
    lines = [
        "# Metrics",
        "",
        "Written by `make metrics` from the YAML beside the models; change it there. A `share` is a",
        "fraction of 1. Better says which way a figure improves. Kind says which control chart and",
        "interval fits.",
    ]
    table = None
    for one in metrics:
        if one.mart != table:
            table = one.mart
            lines += [
                "",
                f"## {table}",
                "",
                "| metric | label | definition | unit | better | kind | source | owner | caveat |",
                "|---|---|---|---|---|---|---|---|---|",
            ]
        cells = (
            f"`{one.metric}`", one.label, one.definition, one.unit, one.direction, one.kind,
            one.source, one.owner, one.caveat,
        )  # fmt: skip
        lines.append(f"| {' | '.join(in_a_cell(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def in_a_cell(text: str) -> str:
    """A text as it stands in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def csv_path(settings: Settings) -> Path:
    """Where the build and the dashboard read the registry."""
    return settings.dbt_project / "metrics.csv"


def markdown_path(settings: Settings) -> Path:
    """Where people read it."""
    return settings.project / "docs" / "metrics.md"


def fill(connection: "duckdb.DuckDBPyConnection", settings: Settings) -> None:
    """Make ``marts.metrics`` of a build file from the committed registry.

    Not by dbt: a seed would cost each night a node for text that no model reads.
    """
    names = [field.name for field in fields(Metric)]
    connection.execute("create schema if not exists marts")
    connection.execute(
        f"create table {TABLE} ({', '.join(f'{name} varchar not null' for name in names)})"
    )
    connection.execute(
        f"insert into {TABLE} by name "
        f"from read_csv({literal(str(csv_path(settings)))}, header = true, all_varchar = true)"
    )
    connection.execute(
        f"comment on table {TABLE} is "
        "'What each figure is: one row a metric and table of this file.'"
    )
    for name in names:
        connection.execute(f"comment on column {TABLE}.{name} is {literal(_MEANINGS[name])}")


def main() -> int:
    """Write the registry anew."""
    settings = load()
    found = registry(settings.dbt_project)
    for path, text in (
        (csv_path(settings), as_csv(found)),
        (markdown_path(settings), as_markdown(found)),
    ):
        path.write_text(text, encoding="utf-8")
        print(f"Written: {path.relative_to(settings.project)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
