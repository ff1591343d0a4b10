"""The seed of statistical neighbours says what the two published files say, and nothing else."""

import csv
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PUBLISHED = PROJECT / "tests" / "data" / "dfe"
SEED = PROJECT / "dbt_project" / "seeds" / "neighbour_lists.csv"

# Where the first of the ten pairs (neighbour, closeness) stands in a row of each file.
FIRST_NEIGHBOUR = {"2021": 5, "2025": 4}
FILES = {
    "2021": "New_Statistical_Neighbour_Groupings_April_2021.csv",
    "2025": "sn_model_2025_wide.csv",
}

Neighbour = tuple[str, str, str, str, str]


def published(model: str) -> list[Neighbour]:
    """(model, authority, rank, neighbour, closeness), read by position: headings repeat."""
    with (PUBLISHED / FILES[model]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    first = FIRST_NEIGHBOUR[model]
    return [
        (model, row[0], str(rank), row[place].strip(), row[place + 1].strip())
        for row in rows
        if row[0].isdigit()
        for rank, place in enumerate(range(first, first + 20, 2), start=1)
    ]


def seed() -> list[Neighbour]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return [
            (
                row["model"],
                row["old_la_code"],
                row["rank"],
                row["neighbour_old_la_code"],
                row["closeness"],
            )
            for row in csv.DictReader(file)
        ]


def test_the_seed_is_what_the_two_published_lists_say() -> None:
    """156 and 153 authorities with ten neighbours each: 1,560 + 1,530 = 3,090 rows."""
    rows = seed()
    assert len(rows) == 3090
    assert sorted(rows) == sorted(published("2021") + published("2025"))


def test_every_authority_has_ten_neighbours_and_is_none_of_its_own() -> None:
    ranks: dict[tuple[str, str], list[int]] = {}
    for model, authority, rank, neighbour, closeness in seed():
        ranks.setdefault((model, authority), []).append(int(rank))
        assert neighbour != authority
        assert neighbour.isdigit()
        assert len(neighbour) == 3
        assert closeness == closeness.strip() != ""
    assert len(ranks) == 156 + 153
    assert all(sorted(found) == list(range(1, 11)) for found in ranks.values())


def test_southamptons_neighbours_are_the_published_ones() -> None:
    """Read off the two files by eye: Portsmouth is the nearest of 2021, Coventry that of 2025."""
    southampton = {
        model: [
            row[3]
            for row in sorted(seed(), key=lambda row: int(row[2]))
            if row[:2] == (model, "852")
        ]
        for model in ("2021", "2025")
    }
    assert southampton == {
        "2021": ["851", "373", "874", "879", "831", "801", "331", "861", "810", "355"],
        "2025": ["331", "831", "851", "373", "312", "355", "874", "383", "350", "320"],
    }
