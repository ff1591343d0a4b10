"""The commands. A person gets sentences; a machine gets ``--json`` or the last line of ``nightly``."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

from warehouse import ending, nightly, publish
from warehouse.errors import BadConfiguration, WarehouseError, from_os_error
from warehouse.nightly import Outcome
from warehouse.settings import Settings
from warehouse.settings import load as load_settings

STALE_EXIT_CODE = 6
USAGE_EXIT_CODE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status (interface: docs/runbook.md lists them)."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown and not hasattr(options, "employee_id"):
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if unknown:
        # Not by argparse's own sentence, which repeats them: somebody may have typed a person's id.
        print(
            f"There are {len(unknown)} arguments that this command does not know. An employee id goes to "
            "standard input, never on the command line. See --help.",
            file=sys.stderr,
        )
        return USAGE_EXIT_CODE
    try:
        return int(options.command(options))
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has seen enough; the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if not hasattr(options, "home"):
            raise
        told = from_os_error(error, load_settings(options.home).home)
        print(told, file=sys.stderr)
        return told.exit_code
    except KeyboardInterrupt:
        print("Interrupted: nothing half-done was published.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="warehouse",
        description="The wellbeing and retention warehouse of Southampton's children's social care.",
        epilog="Each command has its own --help. What an exit status means: docs/runbook.md.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, does: str, run: Callable[[argparse.Namespace], int], *, home: bool = True
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=does, description=does)
        one.set_defaults(command=run)
        if home:
            one.add_argument(
                "--home", metavar="DIR", help="the warehouse's home (WAREHOUSE_HOME, else var/)"
            )
        return one

    generate = command(
        "generate",
        "Write a synthetic programme's exports, deterministic by seed.",
        _generate,
        home=False,
    )
    generate.add_argument(
        "--out", required=True, type=Path, metavar="LANDING", help="the landing folder to fill"
    )
    generate.add_argument("--seed", type=int, default=1)
    generate.add_argument(
        "--staff",
        type=_at_least_one,
        default=280,
        help="permanent and fixed-term staff (default 280)",
    )
    generate.add_argument(
        "--from", dest="start", type=_day, default=date(2016, 10, 1), metavar="DATE"
    )
    generate.add_argument("--to", dest="end", type=_day, default=date(2021, 12, 31), metavar="DATE")
    generate.add_argument("--every", choices=("month", "week", "day"), default="month")
    _add_effects(generate)

    command("nightly", "Take in what is new, build, check and publish.", _nightly)

    build = command(
        "build", "Build and check a version from the lake, without taking anything in.", _build
    )
    build.add_argument(
        "--as-known-on",
        type=_day,
        metavar="DATE",
        help="from the files received by that day alone; published is nothing, and without --out it is "
        "written to build/ of the home",
    )
    build.add_argument(
        "--out", type=Path, metavar="DIR", help="write the version there and publish nothing"
    )

    release = command(
        "release", "Release today's people figures to the board before their monthly day.", _release
    )
    release.add_argument(
        "--reason", required=True, help="why, in a few words without a name; the board can read it"
    )

    preview = command("preview", "What a file would change; nothing is changed.", _preview)
    preview.add_argument("file", type=Path, metavar="FILE")
    preview.add_argument(
        "--source", metavar="NAME", help="where the file's folder is not named after its source"
    )
    preview.add_argument("--json", action="store_true", help="for a machine")

    accept = command(
        "accept", "Let a staff snapshot through that the mass-vanish gate stopped.", _accept
    )
    accept.add_argument("file", type=Path, metavar="FILE")
    accept.add_argument("--reason", required=True)

    erase = command(
        "erase",
        "Take a person out of all that the warehouse holds; the id comes on standard input.",
        _erase,
    )
    _takes_employee_id(erase)
    erase.add_argument("--reason", required=True, help="why, in a few words without a name")
    erase.add_argument(
        "--with-landing", action="store_true", help="also take their rows out of landing files"
    )
    erase.add_argument("--json", action="store_true", help="the proof report for a machine")

    purge = command(
        "purge",
        "Close old months, then purge leavers older than WAREHOUSE_KEEP_LEAVERS_YEARS.",
        _purge,
    )
    purge.add_argument("--json", action="store_true", help="the report for a machine")

    subject_access = command(
        "subject-access",
        "All that is held on a person, as JSON; the id comes on standard input.",
        _subject_access,
    )
    _takes_employee_id(subject_access)

    status = command(
        "status",
        "What is published, as of when, what was refused, and whether it is stale.",
        _status,
    )
    status.add_argument("--json", action="store_true", help="for a machine")

    query = command("query", "Run SQL on the published analysts' file, read-only.", _query)
    query.add_argument("sql")
    query.add_argument("--format", choices=("table", "csv", "json"), default="table")

    describe = command("describe", "A table's columns with their meanings.", _describe)
    describe.add_argument(
        "table", nargs="?", metavar="TABLE", help="without one, every table is listed"
    )

    export = command(
        "export", "Write all marts as Parquet, with a dictionary of their columns.", _export
    )
    export.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="a new or empty folder"
    )

    rollback = command("rollback", "Point back at an earlier published version.", _rollback)
    rollback.add_argument(
        "version", nargs="?", metavar="VERSION", help="default: the one before the current"
    )

    dashboard = command("dashboard", "Serve the board's dashboard.", _dashboard)
    dashboard.add_argument("--port", type=int, default=8501)
    dashboard.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; another than 127.0.0.1 needs an identity provider",
    )
    return parser


# What can be planted in a synthetic programme: the fields of warehouse.generate.Effect, which holds
# their bounds. Importing it here would make every command wait for the generator.
EFFECTS: dict[str, tuple[type, str, str]] = {
    "leaving_hazard_ratio": (
        float,
        "RATIO",
        "the rate of leaving of who attended, as a multiple of what it would have been",
    ),
    "fill_rate_ratio": (float, "RATIO", "the same for the rate at which vacancies find an offer"),
    "wellbeing_shift": (float, "POINTS", "on the 0 to 100 score of who attended"),
    "self_selection": (
        float,
        "LOGITS",
        "how far attending and staying go together without the one causing the other, for someone "
        "one standard deviation more settled",
    ),
    "pandemic_hazard_ratio": (
        float,
        "RATIO",
        "the rate of leaving of everyone, for a year from the first lockdown",
    ),
    "pandemic_wellbeing_shift": (float, "POINTS", "on everyone's score, for the same year"),
}
# They say when the first three of those are there, so that alone they would do nothing.
EFFECT_COURSE: dict[str, tuple[type, str, str]] = {
    "starts_on": (date, "DATE", "attendance from this day on counts (default 2019-01-01)"),
    "delay_days": (int, "DAYS", "from attending to the effect (default 90)"),
    "half_life_days": (float, "DAYS", "in which it then fades by half (default: it does not fade)"),
}
HAVE_A_COURSE = ("leaving_hazard_ratio", "fill_rate_ratio", "wellbeing_shift")


def _add_effects(generate: argparse.ArgumentParser) -> None:
    group = generate.add_argument_group(
        "a known effect",
        "What truly follows from the programme, planted so that methods can be tried on it. "
        "Without these nothing that the programme does changes who leaves, which posts are filled "
        "or how people feel.",
    )
    for name, (kind, metavar, does) in (EFFECTS | EFFECT_COURSE).items():
        group.add_argument(
            _effect_option(name),
            type=_day if kind is date else kind,
            metavar=metavar,
            help=does,
        )


def _effect_option(name: str) -> str:
    return f"--effect-{name.replace('_', '-')}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("needs a date of the form YYYY-MM-DD") from None


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("needs a whole number of at least 1")
    return int(text)


def _takes_employee_id(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--employee-id",
        required=True,
        type=_standard_input,
        metavar="-",
        help="always -, for standard input: arguments stand in shell history and process lists",
    )


def _standard_input(text: str) -> str:
    if text != "-":
        raise argparse.ArgumentTypeError(
            "takes - alone and reads the id from standard input: an id on the command line would stand "
            "in the shell's history and in the list of processes"
        )
    return text


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _generate(options: argparse.Namespace) -> int:
    from warehouse import generate

    if options.end < options.start:
        raise BadConfiguration("--to lies before --from. Give a later date.")
    planted = _planted(options)
    try:
        written = generate.write(
            options.out,
            seed=options.seed,
            staff=options.staff,
            start=options.start,
            end=options.end,
            every=options.every,
            effect=generate.Effect(**planted),
            progress=_say,
        )
    except OSError as error:
        raise BadConfiguration(
            f"--out cannot be written ({error.strerror}). Name another folder."
        ) from None
    _say(f"{len(written)} synthetic files written below {options.out}.")
    if planted:
        facts = ", ".join(f"{name} {value}" for name, value in planted.items())
        _say(f"Planted in them: {facts}.")
    return 0


def _planted(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of an effect that the command line gives."""
    given = {
        name: value
        for name in (*EFFECTS, *EFFECT_COURSE)
        if (value := getattr(options, f"effect_{name}")) is not None
    }
    course = [_effect_option(name) for name in EFFECT_COURSE if name in given]
    if course and not given.keys() & set(HAVE_A_COURSE):
        raise BadConfiguration(
            f"{' and '.join(course)} would do nothing alone; nothing was written. Give an effect "
            f"beside it: {', '.join(map(_effect_option, HAVE_A_COURSE))}."
        )
    return given


def _nightly(options: argparse.Namespace) -> int:
    return _concluded(lambda settings: nightly.run(settings, say=_say), options)


def _build(options: argparse.Namespace) -> int:
    def build(settings: Settings) -> Outcome:
        out = options.out.absolute() if options.out else None
        if options.as_known_on:
            return nightly.build_as_known_on(settings, options.as_known_on, out, say=_say)
        if out is None:
            return nightly.build(settings, force=True, say=_say)
        return nightly.build_into(settings, out, say=_say)

    return _concluded(build, options)


def _release(options: argparse.Namespace) -> int:
    reason = options.reason.strip()
    if not reason:
        raise BadConfiguration(
            "--reason is empty, so nothing was released. Say in a few words why the board's figures "
            "have to change before their monthly day."
        )
    _existing_home(options)
    return _concluded(lambda settings: nightly.build(settings, release=reason, say=_say), options)


def _concluded(step: Callable[[Settings], Outcome], options: argparse.Namespace) -> int:
    """Run a step and end stdout with its one JSON object, however it ended."""
    try:
        outcome = step(load_settings(options.home))
    except WarehouseError as error:
        print(error, file=sys.stderr)
        outcome = nightly.ended_by(error)
    except Exception as error:
        # What nobody foresaw: the machine gets its line, and whoever mends it what Python says.
        _say_for_a_machine(nightly.ended_by(error))
        raise
    _say_for_a_machine(outcome)
    return outcome.exit_code


def _say_for_a_machine(outcome: Outcome) -> None:
    facts = outcome.as_dict()
    facts.pop("messages")
    facts.pop("exit_code")
    _say(json.dumps(facts))


def _preview(options: argparse.Namespace) -> int:
    from warehouse import preview

    found = preview.of(load_settings(options.home), options.file, options.source)
    if options.json:
        _say(json.dumps(found.as_dict(), default=str))
    else:
        for sentence in preview.in_words(found):
            _say(sentence)
    return nightly.PROBLEMS_EXIT_CODE if found.something_is_bad else 0


def _accept(options: argparse.Namespace) -> int:
    from warehouse import gates, lock
    from warehouse.files import sha256_of

    settings = _existing_home(options)
    if not options.reason.strip():
        raise BadConfiguration("--reason is empty. Say in a few words why the file is right.")
    # The gate names files as seen from the home, and the steward may stand anywhere.
    inside = settings.home / options.file
    try:
        sha256 = sha256_of(options.file if options.file.exists() else inside)
    except OSError as error:
        raise BadConfiguration(f"The file cannot be read ({error.strerror}).") from None
    with lock.held(settings):
        gates.accept(settings, sha256, options.reason.strip())
    _say("Accepted. Run warehouse nightly to publish with it.")
    return 0


def _erase(options: argparse.Namespace) -> int:
    from warehouse import erasure

    settings = _existing_home(options)
    proof = erasure.erase(
        settings,
        _employee_id(),
        options.reason,
        with_landing=options.with_landing,
        say=_silent if options.json else _say,
    )
    if options.json:
        _say(json.dumps(proof.as_dict()))
    else:
        for sentence in erasure.in_words(proof):
            _say(sentence)
    return proof.exit_code


def _purge(options: argparse.Namespace) -> int:
    from warehouse import purge

    settings = _existing_home(options)
    if settings.keep_leavers_years is None:
        raise BadConfiguration(
            "WAREHOUSE_KEEP_LEAVERS_YEARS is not set, so leavers are kept and nothing was purged. Set it "
            "to a whole number of years, at least 1, and run again."
        )
    done = purge.run(settings, say=_silent if options.json else _say)
    if options.json:
        _say(json.dumps(done.as_dict()))
    else:
        for sentence in purge.in_words(done):
            _say(sentence)
    return done.outcome.exit_code


def _subject_access(options: argparse.Namespace) -> int:
    from warehouse import subject_access

    held = subject_access.held_on(_existing_home(options), _employee_id())
    _say(json.dumps(held, default=str, indent=1, ensure_ascii=False))
    return 0


def _employee_id() -> str:
    """The id from standard input, not shown where it is typed. Raises BadConfiguration for several."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("Employee id (not shown): ")
    lines = [line for line in sys.stdin.read().splitlines() if line.strip()]
    if len(lines) > 1:
        raise BadConfiguration(
            f"{len(lines)} lines came in on standard input. One person at a time: write one id there."
        )
    return lines[0] if lines else ""


def _silent(_: str) -> None:
    """Say nothing: what follows is for a machine."""


def _status(options: argparse.Namespace) -> int:
    settings = load_settings(options.home)
    facts = _status_facts(settings)
    if options.json:
        _say(json.dumps(facts, default=str))
    else:
        for sentence in _status_sentences(facts, settings):
            _say(sentence)
    return STALE_EXIT_CODE if facts["stale"] else 0


def _status_facts(settings: Settings) -> dict[str, object]:
    from warehouse import housekeeping

    last = nightly.read_last_night(settings)
    last_good = last.get("last_good_at")
    age = None
    if last_good:
        age = (datetime.now(UTC) - datetime.fromisoformat(last_good)).total_seconds() / 3600
    facts: dict[str, object] = {
        "version": publish.current_version(settings),
        "last_status": last.get("status"),
        "finished_at": last.get("finished_at"),
        "last_good_at": last_good,
        "stale": age is None or age > settings.stale_after_hours,
        "hours_since_last_good": None if age is None else round(age, 1),
        "versions": publish.kept_versions(settings),
        "leaving_landing": [
            {"source": due.source, "file_name": due.file_name, "after": str(due.remove_after)}
            for due in housekeeping.due(settings)
        ],
        "purge_due": _purge_due(settings),
        "older_contracts": _older_readings(settings),
        "sources": [],
        "rejected": [],
        "quarantined": [],
        "gate_findings": [],
    }
    if facts["version"]:
        facts |= _published_facts(settings)
    return facts


def _purge_due(settings: Settings) -> dict[str, object] | None:
    from warehouse import purge

    now_due = purge.due(settings)
    if now_due is None:
        return None
    facts = {name: str(value) for name, value in vars(now_due).items()}
    return facts | {"people": now_due.people, "sentence": purge.announced(now_due)}


def _older_readings(settings: Settings) -> list[dict[str, object]]:
    """What stands as an older contract or mapping read it, because its files are gone from landing."""
    from warehouse import contracts, lake

    registry = contracts.load(settings)
    return [
        {
            "source": one.source,
            "contract": one.contract[:12],
            "todays_contract": registry[one.source].fingerprint[:12],
            "files": one.files,
            "first_as_of": str(one.first_as_of),
            "last_as_of": str(one.last_as_of),
        }
        for one in lake.older_readings(lake.standing(lake.arrivals(settings), registry), registry)
    ]


def _published_facts(settings: Settings) -> dict[str, object]:
    from warehouse import reading_published as reading
    from warehouse import still_open

    with reading.opened(settings) as connection:
        return {
            "synthetic": reading.rows(connection, "select synthetic from marts.release_info")[0][
                "synthetic"
            ],
            "sources": reading.rows(connection, "from marts.load_summary order by source"),
            "rejected": still_open.rejected(connection),
            "quarantined": still_open.quarantined(connection),
            "gate_findings": reading.findings_of(connection),
        }


def _status_sentences(facts: dict[str, object], settings: Settings) -> list[str]:
    if not facts["version"]:
        said = [
            f"Nothing is published in {settings.home} yet. Land files and run: warehouse nightly."
        ]
    else:
        made_up = " (synthetic data)" if facts.get("synthetic") else ""
        said = [f"Published: version {facts['version']}{made_up}."]
    if facts["last_status"]:
        said.append(f"Last run: {facts['last_status']}, ended {facts['finished_at']}.")
    if facts["stale"]:
        since = (
            f"last good run {facts['last_good_at']}"
            if facts["last_good_at"]
            else "no run has ended well"
        )
        said.append(
            f"STALE: {since}; anything over {settings.stale_after_hours:g} hours is. Run: warehouse nightly."
        )
    else:
        said.append(f"Fresh: the last good run ended {facts['hours_since_last_good']} hours ago.")
    for source in _listed(facts["sources"]):
        said.append(
            f"  {source['source']}: as of {source['latest_as_of'] or 'nothing yet'}, {source['files_loaded']} files, "
            f"{source['rows_loaded']} rows; {source['rows_quarantined']} rows quarantined, "
            f"{source['files_rejected']} files rejected."
        )
    for file in _listed(facts["rejected"]):
        said.append(f"  Rejected: {file['source']}/{file['file_name']} ({file['reason_code']}).")
    for rows in _listed(facts["quarantined"]):
        said.append(
            f"  Quarantined: {rows['source']}/{rows['file_name']}, {rows['rows']} × {rows['reason_code']}, "
            f"first at line {rows['first_line']}."
        )
    for finding in _listed(facts["gate_findings"]):
        files = finding["likely_files"]
        named = f" Likely cause: {files}." if files else ""
        said.append(f"  Gate ({finding['level']}): {finding['message']}{named}")
    for older in _listed(facts["older_contracts"]):
        said.append(
            f"  {older['source']}: {older['files']} file(s) ({older['first_as_of']} to {older['last_as_of']}) stand as "
            f"contract and mapping {older['contract']} read them; today's are {older['todays_contract']}. The next run "
            "reads those again that are still in landing; for the others, land the files again."
        )
    leaving = _listed(facts["leaving_landing"])
    if leaving:
        first = min(str(file["after"]) for file in leaving)
        said.append(
            f"Leaving landing soon: {len(leaving)} files, the first after {first} (they stay in the lake):"
        )
        said += [
            f"  {file['source']}/{file['file_name']}, after {file['after']}."
            for file in leaving[:10]
        ]
    if isinstance(purge_due := facts["purge_due"], dict):
        said.append(str(purge_due["sentence"]))
    said.append(f"Versions kept: {', '.join(publish.kept_versions(settings)) or 'none'}.")
    return said


def _listed(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _query(options: argparse.Namespace) -> int:
    from warehouse import reading_published as reading

    with reading.opened(load_settings(options.home)) as connection:
        _say(reading.shown(connection, options.sql, options.format))
    return 0


def _describe(options: argparse.Namespace) -> int:
    from warehouse import reading_published as reading

    with reading.opened(load_settings(options.home)) as connection:
        asked = options.table
        for line in reading.described(connection, asked) if asked else reading.listed(connection):
            _say(line)
    return 0


def _export(options: argparse.Namespace) -> int:
    from warehouse import exporting

    for line in exporting.in_words(exporting.export(load_settings(options.home), options.out)):
        _say(line)
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from warehouse import lock

    settings = _existing_home(options)
    with lock.held(settings):
        version = publish.rollback(settings, options.version)
    _say(
        f"Published is now version {version}. Later versions are kept; it stands until something new "
        "arrives, or until warehouse build makes a version of today's data."
    )
    return 0


def _existing_home(options: argparse.Namespace) -> Settings:
    settings = load_settings(options.home)
    if not settings.control.is_dir():
        raise BadConfiguration(
            f"{settings.home} is no warehouse home yet. Run warehouse nightly first, or give --home."
        )
    return settings


def _dashboard(options: argparse.Namespace) -> int:
    settings = load_settings(options.home)
    serve = settings.project / "dashboard" / "serve.py"
    command = [
        sys.executable,
        str(serve),
        "--home",
        str(settings.home),
        "--port",
        str(options.port),
        "--host",
        options.host,
    ]
    # Replaced, not started: signals then reach the server itself, and no parent holds the pipeline's code.
    os.execv(sys.executable, command)  # noqa: S606


def program() -> NoReturn:
    """The program ``warehouse``: one command, and an end at once."""
    ending.at_once(main())


if __name__ == "__main__":
    program()
