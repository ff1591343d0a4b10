"""The walk itself, step by step: landing -> lake -> build -> gates -> published.

The DAGs and the command line call these functions. With nothing new, none of dbt, Great
Expectations, pandas, Arrow and DuckDB is imported.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from warehouse import contracts, lake, lock, pseudonyms, publish, set_aside, tombstones
from warehouse.contracts import Registry
from warehouse.dbt_process import DbtProcess, build_file
from warehouse.errors import BadConfiguration, GateFailed, WarehouseError, from_os_error, no_home
from warehouse.files import remove_tree, sweep_partials, write_text_atomically
from warehouse.ingest import landing
from warehouse.lake import Arrival, Standing
from warehouse.publish import Publication
from warehouse.settings import Settings
from warehouse.settings import load as load_settings

Say = Callable[[str], None]

# Each family is one DAG; its sources are judged together, since libraries cost more than rows.
FAMILIES: dict[str, tuple[str, ...]] = {
    "hr": ("hr_staff", "hr_leavers", "hr_vacancies", "absence", "csww_return"),
    "sessions": (
        "groups",
        "group_members",
        "group_sessions",
        "group_attendance",
        "attendance_teams",
        "attendance_zoom",
    ),
    "debriefs": ("debriefs",),
    "wellbeing": ("wellbeing_survey", "sword_results", "evidence_register"),
    "benchmarks": ("dfe_workforce",),
}
GOOD = ("published", "published_with_problems", "nothing_new")
LAST_NIGHT = "last_night.json"
PROBLEMS_EXIT_CODE = 3


@dataclass(frozen=True)
class Outcome:
    """What a step or a night ended with; ``messages`` are sentences for a person."""

    status: str
    exit_code: int = 0
    version: str | None = None
    files: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    files_rejected: int = 0
    seconds: float = 0.0
    messages: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The machine's view: the last line that a command prints, and what a task hands on."""
        facts = asdict(self)
        facts["messages"] = list(self.messages)
        return facts


# The attribute under which an error that ends a run carries what the run had done before it.
_DONE_BEFORE = "done_before"


def ended_by(error: Exception) -> Outcome:
    """How a run ended that this error ended, with the files and rows it had taken in before."""
    done = getattr(error, _DONE_BEFORE, Outcome(status="failed"))
    if not isinstance(error, WarehouseError):
        return replace(done, status="failed", exit_code=1, messages=())
    return replace(done, status=error.status, exit_code=error.exit_code, messages=(str(error),))


def silent(_: str) -> None:
    """Say nothing."""


def ingest(
    family: str | None = None, settings: Settings | None = None, say: Say = silent
) -> Outcome:
    """Judge what is new in landing: one family's sources, or all of them.

    Files in folders that are no source belong to no family and are judged by whichever step comes
    first. Raises WarehouseError; a bad row or file is no error but a count in the outcome.
    """
    settings = settings or load_settings()
    began = time.monotonic()
    recorded: list[Arrival] = []
    with _AtWork(settings):
        _take_in(settings, contracts.load(settings), family, say, recorded.append)
    return _ingested(recorded, began)


def build(
    settings: Settings | None = None,
    *,
    skip_without_staff: bool = False,
    force: bool = False,
    release: str | None = None,
    first: Callable[[Registry], None] | None = None,
    say: Say = silent,
) -> Outcome:
    """Build, check and publish a version from the lake; ``nothing_new`` where nothing has changed.

    ``skip_without_staff``: end as ``skipped`` before the first staff snapshot, where this would
    otherwise raise GateFailed. ``force``: build also where nothing has changed. ``release``: a
    steward's reason to release people figures to the board now, which forces too. ``first``: what to
    do before, under the same lock. Renews ``last_night.json`` however it ends. Raises WarehouseError.
    """
    settings = settings or load_settings()
    began = time.monotonic()
    with _Counted(), _Noted(settings), _AtWork(settings) as process:
        registry = contracts.load(settings)
        if first:
            first(registry)
        manifest = _manifest(settings, registry)
        if skip_without_staff and not _has_staff(manifest):
            return Outcome(status="skipped", messages=("No staff snapshot has been loaded yet.",))
        outcome = _publish_if_changed(
            settings, registry, manifest, process, force or release is not None, say, release
        )
        outcome = replace(outcome, seconds=round(time.monotonic() - began, 3))
        write_last_night(settings, outcome.status, outcome.version)
        return outcome


def run(settings: Settings | None = None, say: Say = silent) -> Outcome:
    """The whole night in this process. Renews ``last_night.json`` however it ends."""
    settings = settings or load_settings()
    began = time.monotonic()
    with _Counted() as recorded, _Noted(settings), _AtWork(settings) as process:
        registry = contracts.load(settings)
        _take_in(settings, registry, None, say, recorded.append, process.warm_up)
        taken = _ingested(recorded, began)
        # Imported here, as housekeeping is a step of its own that ends with an Outcome of this module.
        from warehouse import housekeeping

        housekeeping.clear_landing(settings, say)
        manifest = _manifest(settings, registry)
        outcome = _publish_if_changed(settings, registry, manifest, process, False, say)
        problems = bool(taken.exit_code)
        outcome = replace(
            taken,
            status="published_with_problems"
            if problems and outcome.status == "published"
            else outcome.status,
            version=outcome.version,
            seconds=round(time.monotonic() - began, 3),
            messages=(*taken.messages, *outcome.messages),
        )
        write_last_night(settings, outcome.status, outcome.version)
        return outcome


def build_as_known_on(
    settings: Settings, day: date, folder: Path | None = None, say: Say = silent
) -> Outcome:
    """Build and check what was known at the end of ``day`` into ``folder``; publishes nothing.

    Without a folder, into one of the home's that is this day's, in place of what was there.
    """
    return _build_aside(settings, folder, say, known_on=day)


def build_into(settings: Settings, folder: Path, say: Say = silent) -> Outcome:
    """Build and check a version of today's lake into ``folder``, new or empty; publishes nothing."""
    return _build_aside(settings, folder, say, known_on=None)


def look_at_todays_marts(
    settings: Settings, registry: Registry, then: Callable[[Path], None], say: Say = silent
) -> None:
    """Build and check today's lake and hand the build file to ``then``; publishes nothing.

    To be called with the lock held. Raises WarehouseError, GateFailed where a gate did not pass.
    """
    manifest = lake.manifest(lake.arrivals(settings), registry)
    built_at = _now()
    version = publish.version_name(built_at, inputs_digest(settings, registry, manifest))

    def hand_over(build_file: Path) -> str:
        then(build_file)
        return version

    with DbtProcess(settings) as process:
        _built(settings, registry, manifest, [], version, built_at, process, hand_over, [], say)


def _build_aside(
    settings: Settings, folder: Path | None, say: Say, known_on: date | None
) -> Outcome:
    """``folder``: new or empty; None for the home's own of the day ``known_on``."""
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(_Counted())
        if folder is not None:
            # Before anything is built: a night's work is not to be lost for a wrong name.
            stack.enter_context(publish.out_folder(settings, folder))
        process = stack.enter_context(_AtWork(settings))
        registry = contracts.load(settings)
        manifest = _manifest(settings, registry, known_on)
        inputs = inputs_digest(settings, registry, manifest)
        built_at = _now()
        version = publish.version_name(built_at, inputs)
        release: dict[str, object] = {
            "version": version,
            "inputs": inputs,
            "built_at": built_at.isoformat(),
        }
        if known_on is not None:
            release["known_on"] = str(known_on)
        warnings: list[str] = []

        def into_folder(build_file: Path) -> str:
            if folder is not None:
                publish.export(build_file, folder, release, say)
            else:
                assert known_on is not None
                publish.keep_as_known_on(settings, build_file, known_on, release, say)
            return version

        _built(
            settings, registry, manifest, [], version, built_at, process, into_folder, warnings, say
        )
    return Outcome(
        status="built",
        version=version,
        seconds=round(time.monotonic() - began, 3),
        messages=tuple(warnings),
    )


def _take_in(
    settings: Settings,
    registry: Registry,
    family: str | None,
    say: Say,
    on_record: Callable[[Arrival], None],
    on_news: Callable[[], None] = lambda: None,
) -> None:
    pseudonymiser = pseudonyms.load(settings)
    if family is None:
        chosen = tuple(registry.values())
    else:
        chosen = registry.of_family(family)
        if not chosen:
            raise BadConfiguration(
                f"There is no source family of that name. Known: {', '.join(FAMILIES)}."
            )
    landing.take_in(settings, registry, pseudonymiser, chosen, say, on_record, on_news)


def _manifest(
    settings: Settings, registry: Registry, known_on: date | None = None
) -> list[Standing]:
    """What became of every file, each one that counts being as it was written.

    What people are shown of the bad rows is made anew where it is not what the lake holds.
    """
    recorded = lake.arrivals(settings)
    manifest = lake.manifest(recorded, registry, known_on=known_on)
    lake.require_whole(settings, recorded, manifest)
    set_aside.show_all(settings, (row.arrival for row in manifest))
    return manifest


def _ingested(recorded: Iterable[Arrival], began: float) -> Outcome:
    judged = list(recorded)
    rejected = [arrival for arrival in judged if arrival.rejected]
    quarantined = sum(arrival.rows_quarantined for arrival in judged)
    problems = bool(rejected or quarantined)
    messages = [
        landing.in_words(arrival)
        for arrival in judged
        if arrival.rejected or arrival.rows_quarantined
    ]
    return Outcome(
        status="ingested_with_problems" if problems else "ingested",
        exit_code=PROBLEMS_EXIT_CODE if problems else 0,
        files=len(judged),
        rows_loaded=sum(arrival.rows_loaded for arrival in judged),
        rows_quarantined=quarantined,
        files_rejected=len(rejected),
        seconds=round(time.monotonic() - began, 3),
        messages=tuple(messages),
    )


def _publish_if_changed(
    settings: Settings,
    registry: Registry,
    manifest: list[Standing],
    process: DbtProcess,
    force: bool,
    say: Say,
    release_reason: str | None = None,
) -> Outcome:
    earlier = publish.journal(settings)
    current = publish.current_version(settings)
    inputs = inputs_digest(settings, registry, manifest)
    # Beside the journal's last line, not beside what is current: after a rollback the same data
    # must not bring the same figures back overnight.
    if not force and current and earlier and earlier[-1].inputs == inputs:
        return Outcome(
            status="nothing_new", version=current, messages=("Nothing new has arrived.",)
        )
    # Imported here: it brings in DuckDB, and a night without news has no need of it.
    from warehouse.disclosure import boardfile

    built_at = _now()
    wished = publish.version_name(built_at, inputs)
    warnings: list[str] = []
    wanted = boardfile.plan(
        settings,
        manifest,
        release_reason,
        lambda number: publish.board_file_of_release(settings, number),
    )

    def into_place(build_file: Path) -> str:
        release: dict[str, object] = {
            "version": wished,
            "inputs": inputs,
            "built_at": built_at.isoformat(),
        }
        placed = publish.place_version(settings, build_file, wished, release, wanted)
        publish.flip(settings, placed)
        return placed

    new = publish.not_yet_published(earlier, manifest)
    version = _built(
        settings, registry, manifest, new, wished, built_at, process, into_place, warnings, say,
        attacks=wanted.reason is not None,
    )  # fmt: skip
    new_ids = tuple("|".join(arrival.file_id) for arrival in new)
    publish.note(settings, Publication(version, built_at.isoformat(), inputs, new_ids), earlier)
    publish.prune(settings)
    say(f"Published version {version}.")
    return Outcome(status="published", version=version, messages=tuple(warnings))


def _built(
    settings: Settings,
    registry: Registry,
    manifest: list[Standing],
    new: list[Arrival],
    version: str,
    built_at: datetime,
    process: DbtProcess,
    then: Callable[[Path], str],
    warnings: list[str],
    say: Say,
    *,
    attacks: bool = True,
) -> str:
    """Build and check; hand the build file to ``then`` once every gate has passed.

    ``new``: the files that no published version has taken into account yet. ``attacks``: whether
    ``then`` will solve linear programs.
    """
    # Imported here: these bring in DuckDB, and a night without news has no need of it.
    import duckdb

    from warehouse import build as dbt
    from warehouse import gates
    from warehouse.disclosure import linear
    from warehouse.errors import CouldNotFinish, disk_full
    from warehouse.findings import Before

    gates.require_staff(manifest)
    before = Before(tuple(new), tuple(publish.headcounts(settings)))
    under_way = dbt.Build(build_file(settings), version, built_at)
    loaded_in = {
        file_id: one.version
        for one in reversed(publish.journal(settings))
        for file_id in one.new_files
    }
    database_log(settings).unlink(missing_ok=True)
    try:
        say("Building the marts (dbt) …")
        process.warm_up()
        dbt.prepare(settings, registry, manifest, under_way, loaded_in)
        process.go()
        gates.load_library()
        if attacks:
            linear.load_library()
        found = gates.check_arrivals(settings, before, manifest)
        found += dbt.finish_dbt(settings, process, manifest, before, say)
        say("Checking the marts (Great Expectations) …")
        gates.require_no_mass_vanishing(settings, under_way.file, manifest)
        found += gates.check_marts(settings, under_way.file, manifest, before)
        for warning in gates.stop_on_blocking(found):
            warnings.append(warning)
            say(f"Warning: {warning}")
        gates.record(under_way.file, found)
        return then(under_way.file)
    except duckdb.Error as error:
        if "No space left" in str(error):
            raise CouldNotFinish(disk_full(str(settings.home))) from None
        # Its message may quote a row, and this sentence goes into mails and webhooks.
        log = database_log(settings)
        write_text_atomically(log, f"{_now().isoformat()} {type(error).__name__}: {error}\n")
        raise CouldNotFinish(
            f"The database could not be built ({type(error).__name__}). Nothing was published and the last "
            f"good version stands. {log.relative_to(settings.home)} in the home says what the database "
            "said. Run again."
        ) from None
    finally:
        process.stop()
        remove_tree(settings.scratch)


def database_log(settings: Settings) -> Path:
    """What the database said when it ended a build; it may quote a row, and the next build removes it."""
    return settings.logs / "database_error.log"


def inputs_digest(settings: Settings, registry: Registry, manifest: list[Standing]) -> str:
    """SHA-256 of all that a version is a function of: what stands, and every rule applied to it."""
    digest = hashlib.sha256()
    for row in manifest:
        facts = asdict(row.arrival) | {"status": row.status, "read_again": row.read_again}
        for not_of_the_file in ("received_at", "batch_sha256", "quarantine_sha256"):
            del facts[not_of_the_file]
        digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
    for contract in registry.values():
        digest.update(contract.fingerprint.encode())
    for path in sorted((settings.control / "acceptances").glob("*.json")):
        digest.update(path.name.encode())
    for fact in tombstones.load(settings).facts:
        digest.update(fact.encode())
    for path in _rule_files(settings):
        digest.update(str(path.relative_to(settings.project)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


# Modules that decide when and where something runs or is read, but nothing that a version holds.
_WITHOUT_A_SAY = frozenset(
    {
        "airflow_local.py",
        "airflow_steps.py",
        "alerts.py",
        "cli.py",
        "dbt_sources.py",
        "demo.py",
        "ending.py",
        "exporting.py",
        "gate_docs.py",
        "housekeeping.py",
        "keeper.py",
        "lock.py",
        "preview.py",
        "purge.py",
        "reading_published.py",
        "still_open.py",
        "subject_access.py",
    }
)


def _rule_files(settings: Settings) -> list[Path]:
    """Every file of the project that decides what a version holds."""
    package = Path(__file__).parent
    patterns = {
        settings.dbt_project: ("*.sql", "*.py", "*.yml", "*.csv"),
        settings.suites: ("*.json",),
        package: ("*.py",),
    }
    found = [
        path
        for folder, kinds in patterns.items()
        for kind in kinds
        for path in folder.rglob(kind)
        if settings.project in path.parents
        and path.name not in _WITHOUT_A_SAY
        and package / "generate" not in path.parents
    ]
    return sorted([*found, settings.project / "programme.yml"])


def _has_staff(manifest: Iterable[Standing]) -> bool:
    return any(row.stands and row.arrival.source == "hr_staff" for row in manifest)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class _AtWork:
    """A usable home, held by this process alone, swept of what a crash left half-written.

    Gives the dbt process of the run, not started yet.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = lock.held(settings)
        self._process = DbtProcess(settings)

    def __enter__(self) -> DbtProcess:
        settings = self._settings
        try:
            for folder in (settings.control, settings.set_aside, settings.quarantine):
                folder.mkdir(parents=True, exist_ok=True)
            # Landing holds names: nobody else on the machine reads it.
            settings.landing.mkdir(mode=0o700, exist_ok=True)
            settings.landing.chmod(0o700)
            for folder in (settings.build, settings.published, settings.logs):
                folder.mkdir(exist_ok=True)
            self._lock.__enter__()
        except OSError as error:
            raise no_home(error, settings.home) from None
        try:
            for folder in (
                settings.lake,
                settings.quarantine,
                settings.control,
                settings.published,
                settings.build,
            ):
                sweep_partials(folder)
            remove_tree(settings.scratch)
            set_aside.bring_over(settings)
            if tombstones.outstanding(settings):
                # Imported here: it brings in DuckDB, and hardly a night has anybody to take out.
                from warehouse import erasure

                erasure.take_out_the_buried(settings, contracts.load(settings))
        except BaseException as error:
            self._lock.__exit__(None, None, None)
            if isinstance(error, OSError):
                raise from_os_error(error, settings.home) from None
            raise
        return self._process

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        self._process.stop()
        self._lock.__exit__(None, None, None)
        if isinstance(error, OSError):
            raise from_os_error(error, self._settings.home) from error


class _Counted:
    """Gives the list for what a run takes in, and hands its counts to the error that ends the run."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._recorded: list[Arrival] = []

    def __enter__(self) -> list[Arrival]:
        return self._recorded

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is not None:
            setattr(error, _DONE_BEFORE, _ingested(self._recorded, self._began))


class _Noted:
    """Write ``last_night.json`` for a run that ends with an error, and let the error pass."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is None or not isinstance(error, Exception):
            return
        status = error.status if isinstance(error, WarehouseError) else "failed"
        try:
            write_last_night(self._settings, status, publish.current_version(self._settings))
        except OSError:
            # A full disk or a read-only home is what stopped the run; its own sentence says so.
            return


def write_last_night(settings: Settings, status: str, version: str | None) -> None:
    """Renew ``published/last_night.json``: how the last run ended, and when one last ended well."""
    now = _now().isoformat()
    last_good = now if status in GOOD else read_last_night(settings).get("last_good_at")
    facts = {"status": status, "finished_at": now, "version": version, "last_good_at": last_good}
    write_text_atomically(settings.published / LAST_NIGHT, json.dumps(facts, indent=1) + "\n")


def read_last_night(settings: Settings) -> dict[str, str | None]:
    """What ``last_night.json`` says; empty where it is not there or damaged."""
    try:
        return dict(json.loads((settings.published / LAST_NIGHT).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


__all__ = ["FAMILIES", "GateFailed", "Outcome", "build", "ingest", "run"]
