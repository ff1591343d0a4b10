"""What docs/for_analysts.md shows is what the demonstration's programme gives, figure by figure.

One night on the exports that the demonstration lands (its seed, its size, the Department's real
file); the document's queries and an export read what it published.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests import worked_questions
from warehouse import exporting
from warehouse.settings import Settings, project_root

DOCUMENT = worked_questions.DOCUMENT.read_text(encoding="utf-8")
QUESTIONS = worked_questions.questions(DOCUMENT)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WAREHOUSE_PSEUDONYM_KEY", "5a" * 32)
        return worked_questions.demonstration(tmp_path_factory.mktemp("demo") / "home")


def test_there_are_ten_questions_and_each_says_who_asks() -> None:
    assert [question.title.partition(".")[0] for question in QUESTIONS] == [
        str(number) for number in range(1, 11)
    ]
    for question in QUESTIONS:
        assert re.match(r"\*[A-Z][^*]+\.\* [A-Z]", question.words), question.title


def test_the_picture_shows_tables_that_there_are() -> None:
    """Each box is a mart; each mart that is counted by month is in it."""
    picture = DOCUMENT.partition("```mermaid\n")[2].partition("```")[0]
    boxes = set(re.findall(r"^ +(\w+)$", picture, re.M)) - {"end"}
    ends = set(re.findall(r"^ {4}(\w+) --", picture, re.M)) | set(
        re.findall(r"(\w+)$", picture, re.M)
    )
    marts = {path.stem for path in (project_root() / "dbt_project/models/marts").rglob("*.sql")}
    assert {name for name in marts if name.endswith("_monthly")} <= boxes <= marts
    assert ends - {"end", "LR"} <= boxes


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.title)
def test_a_worked_question_gives_what_the_document_shows(
    home: Settings, question: worked_questions.Question
) -> None:
    """`python -m tests.worked_questions` writes the results anew."""
    assert question.result.count("\n") >= 1, "a heading and a row at least"
    assert worked_questions.answered(home, question.sql) == question.result


def test_every_column_of_the_published_marts_says_what_it_means(home: Settings) -> None:
    with duckdb.connect(str(home.published / "analyst.duckdb"), read_only=True) as connection:
        silent = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where schema_name in ('marts', 'ops') and comment is null"
        ).fetchall()
        silent += connection.execute(
            "select schema_name, table_name from duckdb_tables() where comment is null"
        ).fetchall()
    assert silent == []


def test_each_published_file_carries_the_metrics_of_its_own_tables(home: Settings) -> None:
    """Each row names a column that is there; the board's file has tables of its own, and no person."""
    of = {}
    for name in ("analyst", "board"):
        with duckdb.connect(str(home.published / f"{name}.duckdb"), read_only=True) as connection:
            of[name] = connection.sql("select distinct mart from marts.metrics").fetchall()
            astray = connection.execute(
                "select mart, metric from marts.metrics anti join "
                "(from duckdb_columns() where schema_name = 'marts') as there "
                "on mart = table_name and metric = column_name"
            ).fetchall()
            assert astray == []
    assert ("participation_session",) in of["analyst"]
    assert ("participation_session",) not in of["board"]
    assert ("retention_yearly",) in of["board"]
    assert ("retention_yearly",) not in of["analyst"]


def test_an_export_has_the_rows_of_the_published_file(home: Settings, tmp_path: Path) -> None:
    """All 24 marts and more, none empty that has rows; of dfe_benchmark, 1,463 rows of 22 columns."""
    done = exporting.export(home, tmp_path / "out")
    with duckdb.connect(str(home.published / "analyst.duckdb"), read_only=True) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        ]
        assert set(tables) == set(done.rows)
        for table in tables:
            whole = connection.execute(f"select count(*) from marts.{table}").fetchall()[0][0]
            assert pq.read_metadata(done.folder / f"{table}.parquet").num_rows == whole
    # 22 indicators of the newer release and 20 of the older one.
    assert done.rows["dfe_benchmark"] == 1463 * 22 + 978 * 20
