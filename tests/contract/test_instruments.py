"""The questionnaires' descriptions, their published keys, and what dbt scores by."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import instruments
from warehouse.errors import BadConfiguration
from warehouse.statistics import wellbeing

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "expectations" / "instruments"
KEYS = PROJECT / "tests" / "data" / "wellbeing"
KNOWN = instruments.load(FOLDER)


MODEL = PROJECT / "dbt_project/models/intermediate/wellbeing/int_wellbeing__scores.sql"


def published(name: str) -> list[dict[str, str]]:
    with (KEYS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_items_of_proqol_are_those_of_the_published_key() -> None:
    """Ten items a subscale; 1, 4, 15, 17 and 29 of burnout count the other way round."""
    wanted = {
        (int(row["item"]), row["subscale"], row["reverse_scored"] == "1")
        for row in published("proqol5_items.csv")
    }
    found = {
        (item, subscale.name, item in subscale.reversed_items)
        for subscale in KNOWN["proqol5"].subscales
        for item in subscale.items
    }
    assert found == wanted
    assert len(found) == 30
    assert {item for item, _, backwards in found if backwards} == {1, 4, 15, 17, 29}


def test_the_conversion_of_swemwbs_is_the_published_table() -> None:
    """29 sums, 7 to 35, whose scores go up from 7.00 to 35.00; kept in hundredths."""
    (subscale,) = KNOWN["swemwbs"].subscales
    wanted = {
        int(row["raw_score"]): int(row["metric_score"].replace(".", ""))
        for row in published("swemwbs_conversion.csv")
    }
    assert subscale.conversion == wanted
    assert list(wanted) == list(range(7, 36))
    assert (wanted[7], wanted[24], wanted[35]) == (700, 2154, 3500)
    assert sorted(set(wanted.values())) == list(wanted.values())


def test_the_burnout_inventory_is_answered_in_five_steps_and_has_nineteen_items() -> None:
    cbi = KNOWN["cbi"]
    assert cbi.answers == {0, 25, 50, 75, 100}
    assert [item for each in cbi.subscales for item in each.items] == list(range(1, 20))
    assert [(each.name, sorted(each.reversed_items)) for each in cbi.subscales] == [
        ("personal", []), ("work", [13]), ("client", []),
    ]  # fmt: skip


def test_every_questionnaire_states_its_licence_and_no_text_of_an_item() -> None:
    """A question mark or a quotation would be one."""
    assert set(KNOWN) == {"cbi", "proqol5", "swemwbs", "who5"}
    for name, instrument in KNOWN.items():
        assert instrument.licence
        assert instrument.source
        text = (FOLDER / f"{name}.yaml").read_text("utf-8")
        assert not set('?"“”') & set(text), name


def test_the_seeds_of_scoring_say_what_the_instruments_say() -> None:
    """Written by `make sources`."""
    for name, text in instruments.seeds(KNOWN).items():
        seed = PROJECT / "dbt_project" / "seeds" / f"{name}.csv"
        assert seed.read_text("utf-8") == text, name


GOOD = {
    "name": "mood",
    "label": "Mood",
    "items": 2,
    "answers": {"least": 0, "most": 1},
    "subscales": [{"name": "mood", "label": "mood", "items": [1, 2], "score": "sum"}],
    "source": "None",
    "licence": "None",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"items": [1, 3]}, "items of mood"),
        ({"items": [1, 1]}, "items of mood"),
        ({"items": [1], "reversed": [2]}, "reversed items of mood"),
        ({"score": "median"}, "score of mood"),
        ({"score": "conversion", "conversion": {0: 0, 1: 5}}, "every possible sum"),
        ({"bands": {"low_up_to": 2, "high_from": 1}}, "bands of mood overlap"),
        ({"bands": {"high_above": 1}}, "bands of mood are"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    (subscale,) = GOOD["subscales"]  # type: ignore[misc]
    bad = GOOD | {"subscales": [subscale | change]}  # type: ignore[operator]
    with pytest.raises(ValueError, match=said):
        instruments.described(bad)
    assert instruments.described(GOOD).answers == {0, 1}
    (tmp_path / "mood.yaml").write_text("name: mood\n", encoding="utf-8")
    with pytest.raises(BadConfiguration, match=r"mood\.yaml cannot be used"):
        instruments.load(tmp_path)


@pytest.fixture(scope="module")
def seeded() -> duckdb.DuckDBPyConnection:
    """A database with the seeds by which the model scores."""
    connection = duckdb.connect()
    for name in instruments.seeds(KNOWN):
        path = PROJECT / "dbt_project" / "seeds" / f"{name}.csv"
        connection.execute(f"create table {name} as from read_csv('{path}')")
    return connection


@st.composite
def surveys(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    """One to eight responses to a questionnaire; now and then an item is missing."""
    name = draw(st.sampled_from(sorted(KNOWN)))
    answer = st.sampled_from([*sorted(KNOWN[name].answers)] * 8 + [None])
    rows = draw(
        st.lists(
            st.lists(answer, min_size=KNOWN[name].items, max_size=KNOWN[name].items),
            min_size=1,
            max_size=8,
        )
    )
    items = {
        f"q{item}": pd.array([row[item - 1] for row in rows], dtype="Int64")
        for item in range(1, KNOWN[name].items + 1)
    }
    return name, pd.DataFrame({"response_id": [f"r{n}" for n in range(len(rows))], **items})


@settings(max_examples=60, deadline=None)
@given(survey=surveys())
def test_analysts_and_the_marts_score_alike(
    seeded: duckdb.DuckDBPyConnection, survey: tuple[str, pd.DataFrame]
) -> None:
    """The function and the SQL of the model, on any answers: the same scores and bands."""
    name, frame = survey
    longest = max(instrument.items for instrument in KNOWN.values())
    wide = frame.reindex(columns=["response_id", *(f"q{n}" for n in range(1, longest + 1))])
    items = ", ".join(f"cast(q{n} as bigint) as q{n}" for n in range(1, longest + 1))
    seeded.register("wide", wide)
    seeded.execute(
        "create or replace temp table stg_wellbeing_survey as select response_id as response_key, "
        f"date '2019-05-31' as wave_date, '{name}' as instrument, null as respondent_key, "
        f"null as team, {items}, true as is_latest, false as is_void from wide"
    )
    query = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", MODEL.read_text("utf-8"))
    by_model = seeded.sql(query).fetchall()
    columns = seeded.sql(f"describe {query}").fetchall()
    where = {column[0]: position for position, column in enumerate(columns)}
    found = {
        (row[where["response_key"]], row[where["subscale"]]): (
            row[where["score"]],
            row[where["band"]],
        )
        for row in by_model
    }
    wanted = {
        (row.response_id, row.subscale): (None if pd.isna(row.score) else row.score, row.band)
        for row in wellbeing.score(frame, name).itertuples()
    }
    assert len(by_model) == len(wanted)
    assert found == wanted
