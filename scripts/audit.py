"""Ask a public list of advisories (OSV) about every version in the lock files, by pip-audit.

    .venv-lint/bin/python scripts/audit.py [--osv-url URL]

Exit 0: nothing known, or nothing but what `audit_exceptions.toml` excepts; also where the list
cannot be reached, which is said. 1: a known vulnerability. 2: the audit itself did not work, which
says nothing of the locks and so is no pass. Only names and versions are sent, and a mirror of the
list is named with `--osv-url`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = (
    "requirements.lock",
    "requirements-lint.lock",
    "requirements-provider.lock",
    "bootstrap.lock",
)
EXCEPTIONS = Path(__file__).resolve().with_name("audit_exceptions.toml")
# What pip-audit ends with where no answer comes: its own names, and those of `requests`.
NO_ANSWER = (
    "ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError", "ServiceError",
    "your network may be blocking this service",
)  # fmt: skip


class BadException(Exception):
    """An exception lacks what makes it one. The message says which and what."""


@dataclass(frozen=True)
class Exempted:
    """A vulnerability that is known and accepted until a day, for a reason."""

    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True)
class Answer:
    """What pip-audit said of one lock: its report, or None and its complaint."""

    report: dict[str, Any] | None
    complaint: str = ""

    @property
    def was_not_reached(self) -> bool:
        """Whether the list of advisories gave no answer, as against a fault of the audit itself."""
        last = self.complaint.strip().splitlines()[-1:] or [""]
        return self.report is None and any(name in last[0] for name in NO_ANSWER)


def exceptions(text: str) -> list[Exempted]:
    """The exceptions of the file. Raises BadException where one lacks a part, or gives no reason."""
    found = []
    for number, one in enumerate(tomllib.loads(text).get("exception", []), start=1):
        until = one.get("until")
        whole = all(str(one.get(name, "")).strip() for name in ("id", "package", "reason"))
        if not whole or not isinstance(until, date) or isinstance(until, datetime):
            raise BadException(
                f"{EXCEPTIONS.name}: exception {number} needs id, package, reason and until (a day "
                "such as 2027-01-31). Nothing was audited. Complete it, or take it out."
            )
        found.append(Exempted(one["id"], one["package"], one["reason"], until))
    return found


def complaints(
    lock: str, report: dict[str, Any], exempted: list[Exempted], today: date
) -> list[str]:
    """A sentence for each known vulnerability that no standing exception names, by id or alias."""
    said = []
    for dependency in report["dependencies"]:
        name = dependency["name"]
        for found in dependency.get("vulns", []):
            ids = {found["id"], *found.get("aliases", [])}
            ours = [one for one in exempted if one.package == name and one.id in ids]
            if any(today <= one.until for one in ours):
                continue
            fixed = ", ".join(found.get("fix_versions", [])) or "no version yet"
            ended = f" Its exception ended on {max(o.until for o in ours)}." if ours else ""
            said.append(
                f"{lock}: {name} {dependency['version']} is known to be vulnerable ({found['id']}). "
                f"Fixed in: {fixed}.{ended} Take a fixed version (make lock), or write an exception "
                f"with its reason and end into scripts/{EXCEPTIONS.name}."
            )
    return said


def ask(lock: str, osv_url: str | None) -> Answer:
    """Ask about one lock file."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / lock), "--no-deps",
        "--disable-pip", "--vulnerability-service", "osv", "--format", "json", "--desc", "off",
        "--progress-spinner", "off", "--timeout", "10",
    ]  # fmt: skip
    if osv_url:
        command += ["--osv-url", osv_url]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(ended.stdout)
    except ValueError:
        return Answer(None, ended.stderr)
    return Answer(report if "dependencies" in report else None, ended.stderr)


def main() -> int:
    """Audit every lock file. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Look the locked versions up among advisories.")
    parser.add_argument("--osv-url", help="a mirror of OSV's query address")
    asked = parser.parse_args()
    try:
        exempted = exceptions(EXCEPTIONS.read_text(encoding="utf-8"))
    except BadException as fault:
        print(fault, file=sys.stderr)
        return 2
    said: list[str] = []
    for lock in LOCKS:
        answer = ask(lock, asked.osv_url)
        if answer.was_not_reached:
            print(
                "audit: the list of advisories cannot be reached from here, so the locked versions "
                "were not looked up. Run make audit where it can."
            )
            break
        if answer.report is None:
            print(
                f"audit: {lock} could not be audited, so nothing is known of it. "
                f"pip-audit ended with: {answer.complaint.strip()[-300:]}",
                file=sys.stderr,
            )
            return 2
        said += complaints(lock, answer.report, exempted, datetime.now(UTC).date())
    for sentence in said:
        print(sentence, file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
