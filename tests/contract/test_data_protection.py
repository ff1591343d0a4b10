"""What is said about people's data: in words that they can read, and true of the code."""

import re
from pathlib import Path

import pytest

from dashboard import words
from warehouse import housekeeping, settings
from warehouse.disclosure import board

PROJECT = Path(__file__).resolve().parents[2]
NOTICE = (PROJECT / "docs" / "privacy_notice.md").read_text(encoding="utf-8")
DPIA = (PROJECT / "docs" / "dpia.md").read_text(encoding="utf-8")


def sentences(markdown: str) -> list[list[str]]:
    """The words of each sentence, list item and heading."""
    text = re.sub(r"[*_`#]", "", markdown)
    text = re.sub(r"(?m)^- ", "\n", text)
    parts = re.split(r"(?<=[.:?!])\s|\n\s*\n", text)
    found = [re.findall(r"[A-Za-z']+", part) for part in parts]
    return [words for words in found if words]


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; at least one."""
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith("le") and len(groups) > 1
    return max(1, len(groups) - silent)


def reading_ease(found: list[list[str]]) -> float:
    """Flesch (1948): 206.835 − 1.015 · words a sentence − 84.6 · syllables a word; 70 to 80 is
    fairly easy, as read by a twelve-year-old; legal text is below 30."""
    words = [word for sentence in found for word in sentence]
    return (
        206.835 - 1.015 * len(words) / len(found) - 84.6 * sum(map(syllables, words)) / len(words)
    )


def test_the_measure_knows_plain_from_legal() -> None:
    """'The cat sat on the mat.': 6 words, 6 syllables: 206.835 − 6.09 − 84.6 = 116.145."""
    assert reading_ease(sentences("The cat sat on the mat.")) == pytest.approx(116.145)
    legal = (
        "Notwithstanding aforementioned considerations, proportionality necessitates evaluation."
    )
    assert reading_ease(sentences(legal)) < 30


def test_the_privacy_notice_is_in_plain_words() -> None:
    found = sentences(NOTICE)
    assert len(found) > 40
    assert reading_ease(found) >= 70
    assert max(len(words) for words in found) <= 30


def test_the_assessment_has_a_line_for_every_folder_of_the_home() -> None:
    home = settings.Settings(home=Path("home"), project=PROJECT)
    folders = [
        path
        for name, value in vars(settings.Settings).items()
        if isinstance(value, property)
        and isinstance(path := getattr(home, name), Path)
        and path.parent == home.home
    ]
    assert len(folders) >= 7
    table = DPIA.split("## How long, by folder")[1].split("\n## ")[0]
    assert not [path.name for path in folders if f"| `{path.name}/` |" not in table]


def test_the_assessment_and_the_notice_give_the_retention_that_the_code_has() -> None:
    loaded, rejected = housekeeping.KEEP_LOADED_DAYS, housekeeping.KEEP_REJECTED_DAYS
    assert f"loaded {loaded} days, rejected {rejected}" in DPIA
    assert f"after {loaded} days, or after {rejected} days" in NOTICE
    assert f"the last {settings.KEEP_VERSIONS} versions" in DPIA
    assert f"| {housekeeping.KEEP_LOGS_DAYS} days |" in DPIA


@pytest.mark.parametrize(
    "said",
    ["Article 6(1)(e)", "Article 9(2)", "public task", "ones and twos", "warehouse erase",
     "warehouse subject-access"],
)  # fmt: skip
def test_the_assessment_says_what_it_has_to(said: str) -> None:
    assert said in DPIA


def test_the_page_for_staff_is_in_plain_words_and_short_sentences() -> None:
    """Short: no sentence of more than 20 words, and 10 on average."""
    items = [words.YOUR_DATA_ANSWER, words.YOUR_DATA_NOTE]
    for heading, said in words.YOUR_DATA:
        items += [heading, *said]
    found = [sentence for item in items for sentence in sentences(item)]
    assert len(found) > 50
    assert reading_ease(found) >= 70
    assert max(map(len, found)) <= 20
    assert sum(map(len, found)) / len(found) <= 10


def test_the_page_for_staff_says_what_the_code_does_and_whom_the_notice_names() -> None:
    said = " ".join(item for _, items in words.YOUR_DATA for item in items)
    loaded, rejected = housekeeping.KEEP_LOADED_DAYS, housekeeping.KEEP_REJECTED_DAYS
    assert f"{loaded} days. If a file was broken: {rejected} days" in said
    assert f"only when {board.FEWEST_RESPONDENTS} or more people answered" in said
    assert f"A count of 1 to {board.LARGEST_SMALL} is hidden" in said
    assert f"areas of {board.FEWEST_PEOPLE_OF_AN_AREA} or more" in said
    for named in ("data protection officer", "ico.org.uk", "0303 123 1113"):
        assert named in said
        assert named in NOTICE


def test_the_page_for_staff_leaves_out_nothing_that_the_notice_promises() -> None:
    headings = [heading for heading, _ in words.YOUR_DATA]
    for asked in ("stored", "never see", "how long", "ask"):
        assert any(asked in heading.lower() for heading in headings), asked
