"""The worked questions of docs/for_analysts.md: read, run, and written anew.

``python -m tests.worked_questions`` generates the demonstration's programme, runs a night on it and
puts every result below its query; ``--home DIR`` takes a home where that has been done.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from warehouse import demo, generate, nightly, settings
from warehouse import reading_published as reading
from warehouse.settings import Settings

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "for_analysts.md"

_QUESTION = re.compile(
    r"^### (?P<title>\d+\. .+?)$(?P<words>.+?)^```sql\n(?P<sql>.+?)^```\n"
    r"(?:\n```csv\n(?P<result>.+?)\n```\n)?",
    re.M | re.S,
)


@dataclass(frozen=True)
class Question:
    """A question, who asks it and what to mind, its SQL, and its result as CSV."""

    title: str
    words: str
    sql: str
    result: str


def questions(document: str) -> list[Question]:
    """The questions in the order of the document; a result that is not there yet is empty."""
    return [
        Question(found["title"], found["words"].strip(), found["sql"], found["result"] or "")
        for found in _QUESTION.finditer(document)
    ]


def answered(home: Settings, sql: str) -> str:
    """A query's result on the published file of ``home``, as `warehouse query` gives it."""
    with reading.opened(home) as connection:
        return reading.shown(connection, sql, "csv")


def written_anew(document: str, home: Settings) -> str:
    """The document with every result as it is now."""

    def with_result(found: re.Match[str]) -> str:
        before = found[0].split("\n```csv\n")[0]
        return f"{before}\n```csv\n{answered(home, found['sql'])}\n```\n"

    return _QUESTION.sub(with_result, document)


def demonstration(folder: Path) -> Settings:
    """A home in which a night has been run on what the demonstration lands, its seed and all.

    Needs a pseudonym key in the environment; no figure depends on which.
    """
    home = settings.load(folder)
    generate.write(home.landing)
    for real, lands_as in demo.DFE_FILES.items():
        (home.landing / lands_as).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home.project / real, home.landing / lands_as)
    outcome = nightly.run(home)
    assert outcome.version, outcome.messages
    return home


def main() -> int:
    """Write the document anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args().home
    with tempfile.TemporaryDirectory() as folder:
        home = settings.load(asked) if asked else demonstration(Path(folder) / "home")
        text = written_anew(DOCUMENT.read_text(encoding="utf-8"), home)
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
