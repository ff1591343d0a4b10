"""Small made-up workforces, full of corners, as the lake would hold them.

`build` makes one from a `random.Random`; `programmes()` is the same as a hypothesis strategy (its
draws go through `st.randoms`, so that examples shrink). Each person lives through one situation
from `SITUATIONS`; a person with several situations lives through them one after another. On top
come the accidents of exporting: months without a snapshot, two files at one date that disagree,
rows of which only the key could be read, files that do not stand, a snapshot of which no row could
be read, and leaver records that are stated again, corrected or withdrawn.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]

DAY = timedelta(days=1)
TEAMS = ("Assessment", "Children's Disability", "Fostering, North", "Pathways")
ROLES = {
    "senior_practitioner": True,
    "case_holder": True,
    "qualified_without_cases": True,
    "family_support": False,
    "business_support": False,
}
REASONS = (
    "resignation",
    "resignation",
    "retirement",
    "transfer",
    "end_of_contract",
    "redundancy",
    "dismissal",
    "death_in_service",
    "other",
)
DESTINATIONS = ("other_council", "agency", "health", "not_known", None)
FTES = ("1", "0.8", "0.5", "0.811", "0.333333333", "0.000000001")
LEAP_DAY = date(2020, 2, 29)


@dataclass(frozen=True)
class LakeRows:
    """What the lake holds: rows of standing files, and the manifest of all files."""

    hr_staff: list[Row]
    hr_leavers: list[Row]
    load_manifest: list[Row]

    @property
    def snapshots(self) -> list[date]:
        """As-of dates of the hr_staff files that stand."""
        return sorted(
            {
                row["as_of"]
                for row in self.load_manifest
                if row["source"] == "hr_staff" and row["status"] in ("loaded", "partly_loaded")
            }
        )


@dataclass
class Spell:
    """A spell as HR lists it from `listed_from` to `listed_to`, with its attributes by day."""

    staff_key: str
    start: date
    listed_from: date
    listed_to: date
    history: list[tuple[date, Row]]
    missing_on: set[date] = field(default_factory=set)

    def on(self, day: date) -> Row:
        before = [held for since, held in self.history if since <= day]
        return before[-1] if before else self.history[0][1]


@dataclass
class Statement:
    """A leaver record as the export of `stated` (or the first one after it) says it."""

    staff_key: str
    start: date
    stated: date
    leaving: date
    reason: str
    destination: str | None = None
    status: str = "leaver"
    void: bool = False


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


class Builder:
    """Collects spells and statements of one workforce, drawing from `rng`."""

    def __init__(self, rng: random.Random, people: int, months: int) -> None:
        self.rng = rng
        self.opens = date(2018, rng.choice((6, 9, 10)), rng.choice((1, 15, 30)))
        self.snapshots = self._snapshot_dates(months)
        self.closes = self.snapshots[-1]
        # A snapshot of which no row could be read; it stands all the same.
        self.hollow = rng.choice(self.snapshots) if self.chance(60) else None
        self.spells: list[Spell] = []
        self.statements: list[Statement] = []
        for number in range(people):
            self.person = f"person{number:03d}"
            self.free_from = self.opens - timedelta(days=rng.choice((900, 400, 100, 0)))
            for _ in range(rng.choice((1, 1, 2, 3))):
                rng.choice(SITUATIONS)(self)

    # ----------------------------------------------------------------------------------- drawing

    def chance(self, percent: int) -> bool:
        return self.rng.randint(1, 100) <= percent

    def days(self, shortest: int, longest: int) -> timedelta:
        return timedelta(days=self.rng.randint(shortest, longest))

    def near(self, day: date) -> date:
        """`day`, or an awkward day close to it."""
        kind = self.rng.randint(0, 11)
        if kind == 0:
            return month_end(day)
        if kind == 1:
            return month_end(day) + DAY
        if kind == 2:
            return day.replace(day=1)
        if kind == 3 and abs((day - LEAP_DAY).days) < 90:
            return LEAP_DAY
        if kind == 4:
            return date(day.year, 9, 30)
        if kind == 5:
            return date(day.year, 10, 1)
        if kind <= 8:
            nearest = min(self.snapshots, key=lambda as_of: abs((as_of - day).days))
            return nearest + timedelta(days=kind - 7)
        return day

    def start_day(self) -> date:
        """A start no earlier than the person's last spell allows."""
        return max(self.near(self.free_from + self.days(0, 300)), self.free_from)

    def end_day(self, start: date, longest: int = 700) -> date:
        kind = self.rng.randint(0, 9)
        if kind == 0:
            return start + timedelta(days=self.rng.choice((0, 1, 364, 365, 366)))
        return max(self.near(start + self.days(20, longest)), start)

    def attributes(self, contract: str | None = None) -> Row:
        role = self.rng.choice(list(ROLES))
        return {
            "team": self.rng.choice(TEAMS),
            "job_role": role,
            # A flag that contradicts the role is a fact of HR systems; the flag decides.
            "is_social_worker": ROLES[role] if self.chance(95) else not ROLES[role],
            "contract_type": contract or self.rng.choice(("permanent", "permanent", "fixed_term")),
            "fte": Decimal(self.rng.choice(FTES)),
            "caseload": self.rng.choice((None, 0, 12)),
        }

    def spell(
        self,
        start: date,
        last: date,
        held: Row | None = None,
        listed_from: date | None = None,
        listed_to: date | None = None,
    ) -> Spell:
        """A spell that HR lists from notice of it to its end (or a day that the caller names)."""
        spell = Spell(
            self.person,
            start,
            listed_from or start - self.days(0, 60),
            listed_to or last,
            [(date.min, held or self.attributes())],
        )
        self.spells.append(spell)
        self.free_from = last + DAY
        return spell

    def leaves(self, spell: Spell, last: date, **also: Any) -> Statement:
        """A leaver record, from three months before the leaving date to three after."""
        statement = Statement(
            spell.staff_key,
            also.pop("start", spell.start),
            last - self.days(-90, 90),
            last,
            self.rng.choice(REASONS),
            self.rng.choice(DESTINATIONS),
            **also,
        )
        self.statements.append(statement)
        return statement

    def forever(self) -> date:
        """Later than the last snapshot, and than anything that the person did so far."""
        return max(self.closes, self.free_from) + timedelta(days=400)

    # ------------------------------------------------------------------------------ the snapshots

    def _snapshot_dates(self, months: int) -> list[date]:
        dates: list[date] = []
        month = month_end(self.opens)
        for _ in range(months):
            kind = self.rng.randint(0, 19)
            if kind >= 4 or not dates:
                dates.append(month)
            elif kind == 1:
                dates.append(month - self.days(1, 20))
            elif kind == 2:
                dates += [month - self.days(1, 20), month]
            # else: no snapshot in this month
            month = month_end(month + DAY)
        if self.chance(30):
            dates.append(dates[-1] + self.days(1, 20))
        return sorted(set(dates))


# ------------------------------------------------------------------------------------- situations


def stays(b: Builder) -> None:
    b.spell(b.start_day(), b.forever())


def leaves(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    b.leaves(b.spell(start, last), last)


def leaves_and_is_rehired_at_once(b: Builder) -> None:
    """A gap of one day: there is a day after on which the person is not in post."""
    start = b.start_day()
    last = b.end_day(start)
    b.leaves(b.spell(start, last), last)
    b.free_from = last + timedelta(days=b.rng.choice((2, 2, 10)))
    again = b.end_day(b.free_from)
    b.leaves(b.spell(b.free_from, again), again)


def fixed_term_turns_permanent_the_next_day(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    b.leaves(b.spell(start, last, b.attributes("fixed_term")), last)
    b.spell(last + DAY, b.forever(), b.attributes("permanent"))


def agency_turns_permanent_the_next_day(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    b.spell(start, last, b.attributes("agency"))
    following = b.end_day(last + DAY)
    b.leaves(b.spell(last + DAY, following, b.attributes("permanent")), following)


def permanent_turns_agency_the_next_day(b: Builder) -> None:
    """A leaver all the same: the other spell is no permanent or fixed-term one."""
    start = b.start_day()
    last = b.end_day(start)
    b.leaves(b.spell(start, last, b.attributes("permanent")), last)
    b.spell(last + DAY, b.forever(), b.attributes("agency"))


def contract_changes_within_the_spell(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    first, second = b.rng.sample(("permanent", "fixed_term", "agency"), 2)
    spell = b.spell(start, last, b.attributes(first))
    spell.history.append((b.near(start + b.days(1, 300)), b.attributes(second)))
    if b.chance(60):
        b.leaves(spell, last)


def two_posts_one_given_up(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start, 900)
    second = start + b.days(1, 90)
    given_up = min(b.end_day(second, 400), last)
    b.leaves(b.spell(start, last), last)
    if second <= given_up:
        b.leaves(b.spell(second, given_up), given_up)
    b.free_from = last + DAY


def two_posts_both_left_on_one_day(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start, 600)
    team = b.rng.choice(TEAMS)
    for begins in (start, start + DAY):
        held = b.attributes()
        if b.chance(50):
            held["team"] = team
        if begins <= last:
            b.leaves(b.spell(begins, last, held), last)


def two_posts_a_permanent_and_an_agency_one(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start, 600)
    b.leaves(b.spell(start, last, b.attributes("permanent")), last)
    b.spell(start + DAY, b.forever(), b.attributes("agency"))
    b.free_from = b.forever()


def moves_team(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start, 900)
    spell = b.spell(start, last)
    day = start
    for _ in range(b.rng.randint(1, 3)):
        day = b.near(day + b.days(10, 200))
        spell.history.append((day, b.attributes()))
    spell.history.sort(key=lambda item: item[0])
    b.leaves(spell, last)


def signs_and_starts_later(b: Builder) -> None:
    start = b.start_day()
    b.spell(start, b.forever(), listed_from=start - b.days(60, 200))


def signs_and_never_starts(b: Builder) -> None:
    start = max(b.start_day(), b.opens)
    gone = start - b.days(1, 40)
    b.spell(start, start, listed_from=start - b.days(60, 150), listed_to=gone)


def gives_notice_beyond_the_end(b: Builder) -> None:
    start = b.start_day()
    last = b.closes + b.days(1, 90)
    if start <= last:
        b.leaves(b.spell(start, last), last)
    b.free_from = max(b.free_from, b.closes)


def takes_the_notice_back(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    spell = b.spell(start, b.forever())
    notice = b.leaves(spell, last)
    withdrawn = b.leaves(spell, last, status="rescinded")
    withdrawn.stated = notice.stated + b.days(0, 60)
    if b.chance(30):  # and goes in the end, with or without a form
        final = b.near(last + b.days(30, 300))
        spell.listed_to = max(final, start)
        b.free_from = spell.listed_to + DAY
        if b.chance(50):
            b.leaves(spell, spell.listed_to).stated = withdrawn.stated + b.days(1, 200)


def is_entered_as_a_leaver_in_error(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    spell = b.spell(start, b.forever())
    entered = b.leaves(spell, last)
    withdrawn = b.leaves(spell, last, void=True)
    withdrawn.stated = entered.stated + b.days(1, 90)
    if b.chance(40):  # a later statement without the mark brings the record back
        b.leaves(spell, last).stated = withdrawn.stated + b.days(1, 90)


def has_the_leaving_date_corrected(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    spell = b.spell(start, last)
    mistaken = b.leaves(spell, max(start, last + timedelta(days=b.rng.choice((-31, -1, 1, 31)))))
    for _ in range(b.rng.randint(1, 2)):
        b.leaves(spell, last).stated = mistaken.stated + b.days(0, 60)


def has_the_start_date_mistyped(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    typed = start + timedelta(days=b.rng.choice((-365, -30, -1, 1, 31)))
    spell = b.spell(start, last)
    b.leaves(spell, max(last, typed), start=typed, status=b.rng.choice(("leaver", "rescinded")))
    if b.chance(40):  # once more, differently
        typed -= timedelta(days=7)
        b.leaves(spell, max(last, typed), start=typed)


def has_a_mistyped_record_beside_two_spells(b: Builder) -> None:
    """Sometimes one spell is left for the record, sometimes two, sometimes none."""
    start = b.start_day()
    last = b.end_day(start, 300)
    first = b.spell(start, last)
    if b.chance(50):
        b.leaves(first, last, void=b.chance(20))
    begins = last + b.days(5, 60)
    ends = b.end_day(begins, 300)
    second = b.spell(begins, ends)
    if b.chance(30):
        b.leaves(second, ends)
    typed = begins - b.days(1, 4)
    b.leaves(second, b.rng.choice((ends, max(begins - DAY, typed))), start=typed)


def vanishes(b: Builder) -> None:
    start = b.start_day()
    b.spell(start, b.end_day(start))


def vanishes_from_two_posts(b: Builder) -> None:
    """One person, two unexplained exits."""
    start = b.start_day()
    last = b.end_day(start)
    held = b.attributes()
    b.spell(start, last, held)
    if start < last:
        b.spell(start + DAY, last, held)


def is_missing_from_a_snapshot_in_between(b: Builder) -> None:
    start = b.start_day()
    spell = b.spell(start, b.forever())
    spell.missing_on = {b.rng.choice(b.snapshots) for _ in range(3)}


def is_still_listed_after_leaving(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    listed_to = last + b.days(1, 200)
    spell = b.spell(start, last, listed_to=listed_to)
    if b.chance(70):  # and with other attributes: they say nothing of the day of leaving
        spell.history.append((last + DAY, b.attributes(b.rng.choice(("agency", None)))))
    b.leaves(spell, last)


def vanishes_where_no_row_could_be_read(b: Builder) -> None:
    """The first snapshot that lacks the spell is the one without a readable row."""
    before = [as_of for as_of in b.snapshots if b.hollow and as_of < b.hollow]
    if before and b.free_from <= before[-1]:
        b.spell(b.free_from, before[-1])


def has_a_mistyped_record_beside_a_rescinded_one(b: Builder) -> None:
    """A rescinded record is a record of the spell's own: the mistyped one means another, or none."""
    start = b.start_day()
    last = b.end_day(start)
    spell = b.spell(start, b.forever())
    b.leaves(spell, last, status="rescinded")
    if b.chance(50):
        second = start + b.days(1, 40)
        spell = b.spell(second, max(last, second))
    typed = spell.start + timedelta(days=b.rng.choice((-3, -2)))
    b.leaves(spell, max(last, typed), start=typed)


def was_never_in_post(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start)
    ghost = Spell(b.person, start, start, last, [(date.min, b.attributes())])
    b.leaves(ghost, last, status=b.rng.choice(("leaver", "rescinded")), void=b.chance(20))
    b.free_from = last + DAY


def comes_from_an_agency_and_goes(b: Builder) -> None:
    start = b.start_day()
    last = b.end_day(start, 300)
    spell = b.spell(start, last, b.attributes("agency"))
    if b.chance(25):
        b.leaves(spell, last)


Situation = Callable[[Builder], None]
SITUATIONS: tuple[Situation, ...] = (
    stays,
    leaves,
    leaves,
    leaves_and_is_rehired_at_once,
    fixed_term_turns_permanent_the_next_day,
    agency_turns_permanent_the_next_day,
    permanent_turns_agency_the_next_day,
    contract_changes_within_the_spell,
    two_posts_one_given_up,
    two_posts_both_left_on_one_day,
    two_posts_a_permanent_and_an_agency_one,
    moves_team,
    signs_and_starts_later,
    signs_and_never_starts,
    gives_notice_beyond_the_end,
    takes_the_notice_back,
    is_entered_as_a_leaver_in_error,
    has_the_leaving_date_corrected,
    has_the_start_date_mistyped,
    has_a_mistyped_record_beside_two_spells,
    vanishes,
    vanishes_from_two_posts,
    is_missing_from_a_snapshot_in_between,
    is_still_listed_after_leaving,
    is_still_listed_after_leaving,
    is_still_listed_after_leaving,
    vanishes_where_no_row_could_be_read,
    has_a_mistyped_record_beside_a_rescinded_one,
    was_never_in_post,
    comes_from_an_agency_and_goes,
)


# ------------------------------------------------------------------------------------------ files


class Files:
    """Turns a builder's spells and statements into rows of files, and keeps the manifest."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder
        self.rng = builder.rng
        self.staff: list[Row] = []
        self.leavers: list[Row] = []
        self.manifest: list[Row] = []
        for as_of in builder.snapshots:
            self._staff_files(as_of, is_hollow=as_of == builder.hollow)
        self._leaver_files()
        self._files_that_do_not_stand()

    def _file(self, source: str, as_of: date, status: str = "loaded") -> str:
        # Random in front, so that no order of hashes is the rule; numbered, so that none comes twice.
        sha256 = f"{self.rng.getrandbits(128):032x}{len(self.manifest):032x}"
        self.manifest.append({"source": source, "sha256": sha256, "as_of": as_of, "status": status})
        return sha256

    def _staff_files(self, as_of: date, *, is_hollow: bool) -> None:
        """One file, or two of which the second holds some keys again and tells other things."""
        number = 2 if self.b.chance(15) else 1
        for copy in range(number):
            sha256 = self._file("hr_staff", as_of, "partly_loaded" if is_hollow else "loaded")
            if is_hollow:
                continue
            line = 1
            for spell in self.b.spells:
                listed = spell.listed_from <= as_of <= spell.listed_to
                if not listed or as_of in spell.missing_on:
                    continue
                if number == 2 and self.b.chance(40):
                    continue
                line += 1
                held = spell.on(as_of) if copy == 0 else self.b.attributes()
                key = {
                    "staff_key": spell.staff_key,
                    "start_date": spell.start,
                    "as_of": as_of,
                    "file_sha256": sha256,
                    "line": line,
                }
                if self.b.chance(6):
                    self.staff.append({**key, "row_status": "presence"})
                else:
                    self.staff.append({**key, **held, "row_status": "good"})

    def _leaver_files(self) -> None:
        """Each statement stands in the first file after it was made, and perhaps in later ones."""
        dates = sorted(
            {
                as_of - self.b.days(0, 9) if self.b.chance(30) else as_of
                for as_of in self.b.snapshots
            }
        )
        waiting = sorted(self.b.statements, key=lambda statement: statement.stated)
        files: list[tuple[date, str, dict[tuple[str, date], Statement]]] = []
        for as_of in dates:
            due = [statement for statement in waiting if statement.stated <= as_of]
            waiting = waiting[len(due) :]
            content: dict[tuple[str, date], Statement] = {}
            for _, _, former in files[-3:]:  # the window of an export that rolls
                content.update({key: s for key, s in former.items() if self.b.chance(40)})
            content.update({(s.staff_key, s.start): s for s in due})
            files.append((as_of, self._file("hr_leavers", as_of), content))
            if self.b.chance(15):  # a second file of that date, which contradicts the first
                other = {key: s for key, s in content.items() if self.b.chance(50)}
                for key, s in other.items():
                    moved = max(s.start, s.leaving + timedelta(days=self.rng.choice((-3, 0, 3))))
                    other[key] = Statement(
                        s.staff_key, s.start, s.stated, moved, self.rng.choice(REASONS), None,
                        s.status, self.b.chance(20),
                    )  # fmt: skip
                files.append((as_of, self._file("hr_leavers", as_of), other))
        self._drop_ambiguous(files)
        for as_of, sha256, content in files:
            for line, statement in enumerate(content.values(), start=2):
                self.leavers.append(
                    {
                        "staff_key": statement.staff_key,
                        "start_date": statement.start,
                        "leaving_date": statement.leaving,
                        "leaving_reason": statement.reason,
                        "destination": statement.destination,
                        "record_status": statement.status,
                        "void": statement.void or self.rng.choice((False, None)),
                        "as_of": as_of,
                        "file_sha256": sha256,
                        "line": line,
                        "row_status": "good",
                    }
                )

    def _drop_ambiguous(
        self, files: list[tuple[date, str, dict[tuple[str, date], Statement]]]
    ) -> None:
        """Two mistyped records of one person whose last word is in one file: nothing says which
        of them would stand for the spell, so the earlier start date goes."""
        spells = {(spell.staff_key, spell.start) for spell in self.b.spells}
        while True:
            last: dict[tuple[str, date], tuple[date, str]] = {}
            for as_of, sha256, content in files:
                for key in content:
                    last[key] = max(last.get(key, (date.min, "")), (as_of, sha256))
            seen: dict[tuple[str, tuple[date, str]], tuple[str, date]] = {}
            for key in sorted(last):
                if key in spells:
                    continue
                rival = seen.setdefault((key[0], last[key]), key)
                if rival != key:
                    for _, _, content in files:
                        content.pop(rival, None)
                    break
            else:
                return

    def _files_that_do_not_stand(self) -> None:
        """Files that were refused or replaced: later than every snapshot, and to be looked past."""
        later = self.b.closes + timedelta(days=40)
        self._file("hr_staff", later, "rejected")
        self._file("hr_staff", self.b.opens - timedelta(days=40), "superseded")
        self._file("hr_leavers", later, "rejected")


def build(rng: random.Random, people: int, months: int) -> LakeRows:
    """A workforce of `people` persons over `months` months of snapshots (1 or more)."""
    files = Files(Builder(rng, people, months))
    staff = [
        {
            **dict.fromkeys(
                (
                    "email_key",
                    "team",
                    "job_role",
                    "is_social_worker",
                    "contract_type",
                    "fte",
                    "caseload",
                )
            ),
            "synthetic": True,
            **row,
        }
        for row in files.staff
    ]
    leavers = [{"synthetic": True, **row} for row in files.leavers]
    return LakeRows(staff, leavers, files.manifest)


def programmes(people: int = 6, months: int = 20) -> st.SearchStrategy[LakeRows]:
    """Workforces of up to so many people and months, as a hypothesis strategy."""
    return st.builds(
        build,
        st.randoms(use_true_random=False),
        st.integers(min_value=1, max_value=people),
        st.integers(min_value=1, max_value=months),
    )
