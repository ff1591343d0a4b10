"""What the audit of dependencies makes of an answer, and of none."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)
EXCEPTION = """
[[exception]]
id = "CVE-2026-1"
package = "thing"
reason = "its server is not started here"
until = 2026-11-22
"""


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


def report(*vulns: dict[str, Any]) -> dict[str, Any]:
    """A report as pip-audit 2.10 writes it."""
    return {
        "dependencies": [
            {"name": "sound", "version": "1.0", "vulns": []},
            {"name": "thing", "version": "2.0", "vulns": list(vulns)},
        ],
        "fixes": [],
    }


KNOWN = {"id": "GHSA-aaaa", "fix_versions": ["2.1"], "aliases": ["CVE-2026-1"]}


def test_a_known_vulnerability_is_a_sentence_with_the_version_that_mends_it(
    audit: ModuleType,
) -> None:
    (said,) = audit.complaints("requirements.lock", report(KNOWN), [], TODAY)
    assert said.startswith(
        "requirements.lock: thing 2.0 is known to be vulnerable (GHSA-aaaa). Fixed in: 2.1."
    )
    assert audit.complaints("requirements.lock", report(), [], TODAY) == []


def test_an_exception_holds_to_its_last_day_by_any_of_the_names_of_its_package(
    audit: ModuleType,
) -> None:
    exempted = audit.exceptions(EXCEPTION)
    assert audit.complaints("x", report(KNOWN), exempted, TODAY) == []
    (said,) = audit.complaints("x", report(KNOWN), exempted, date(2026, 11, 23))
    assert "Its exception ended on 2026-11-22." in said
    other = report({**KNOWN, "aliases": ["CVE-2026-2"]})
    assert len(audit.complaints("x", other, exempted, TODAY)) == 1
    elsewhere = audit.exceptions(EXCEPTION.replace('"thing"', '"sound"'))
    assert len(audit.complaints("x", report(KNOWN), elsewhere, TODAY)) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('reason = "its server is not started here"\n', ""),
        ("its server is not started here", " "),
        ("until = 2026-11-22\n", ""),
        ("2026-11-22", '"some day"'),
    ],
)
def test_an_exception_without_a_reason_or_an_end_is_none(
    old: str, new: str, audit: ModuleType
) -> None:
    assert old in EXCEPTION
    with pytest.raises(audit.BadException, match="needs id, package, reason and until"):
        audit.exceptions(EXCEPTION.replace(old, new))


def test_no_answer_is_told_apart_from_an_audit_that_does_not_work(audit: ModuleType) -> None:
    trace = "Traceback (most recent call last):\n  …\n"
    unreachable = audit.Answer(
        None, trace + "requests.exceptions.ConnectionError: HTTPSConnection…"
    )
    assert unreachable.was_not_reached
    broken = audit.Answer(None, "ERROR:pip_audit._cli:requirement x is not pinned\n")
    assert not broken.was_not_reached
    assert not audit.Answer(None, "").was_not_reached
    # Where an answer came, what was complained of on the way does not undo it.
    assert not audit.Answer(report(), "WARNING: ConnectionError, tried again").was_not_reached


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (({"dependencies": []}, ""), 0, ""),
        ((None, "x.ConnectionError: no name"), 0, "cannot be reached from here"),
        ((None, "ValueError: x"), 2, "could not be audited"),
        ((report(KNOWN), ""), 1, "known to be vulnerable"),
    ],
)
def test_the_exit_status_says_which(
    answer: tuple[Any, str], status: int, words: str, audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(audit, "ask", lambda *_: audit.Answer(*answer))
    monkeypatch.setattr(sys, "argv", ["audit.py"])
    assert audit.main() == status
    said = capsys.readouterr()
    assert words in said.out + said.err


def test_every_lock_file_is_audited_and_the_exceptions_can_be_read(audit: ModuleType) -> None:
    assert {path.name for path in ROOT.glob("*.lock")} == set(audit.LOCKS)
    for one in audit.exceptions(audit.EXCEPTIONS.read_text(encoding="utf-8")):
        assert one.reason
