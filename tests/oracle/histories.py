"""Small made-up histories of the other sources around a made-up workforce, full of corners.

`build` takes the rows of a workforce (`programmes.py`) and adds vacancies, groups, sessions,
registers, debriefs, survey answers and absences of its people and of people whom nobody knows,
results of the resilience diagnostic, a register of documents and census returns.
Each key is stated up to three times in different files, each time afresh: corrected, withdrawn and
brought back. What belongs together comes in any order, or one half of it never comes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.programmes import FTES, ROLES, TEAMS, LakeRows
from tests.oracle.services import Programme
from tests.oracle.workforce import month_end

Row = dict[str, Any]
Maker = Callable[[], Row]
MORE_TEAMS = (*TEAMS, "A team of vacancies and debriefs alone")
STRANGERS = ("stranger1", "stranger2", "stranger3")
# Of each questionnaire: how many items, the answers drawn from, and in how many of 100 items none is.
ANSWERS: dict[str, tuple[int, Sequence[int], int]] = {
    "who5": (5, (1, 2, 3, 4), 3),
    "proqol5": (30, (1, 2, 3, 4, 5), 1),
    "cbi": (19, (0, 25, 50, 75, 100), 1),
    "swemwbs": (7, (1, 2, 3, 4, 5), 2),
}

# What a census return says of a worker, and of the authority; null in a record of the other kind.
OF_A_WORKER = (
    "agency_worker", "swe_number_state", "fte", "fte30", "organisation_role", "start_origin",
    "role_end_date", "reason_leave", "leaver_destination", "step_up_graduate",
    "frontline_graduate", "career_stage", "cases", "working_days_lost", "contract_weeks",
    "birth_date_state", "sex_state", "ethnicity_state", "institution_state",
)  # fmt: skip
OF_THE_AUTHORITY = ("old_la_code", "vacant_fte", "agency_cover_fte", "agency_cover_headcount")


class Builder:
    """Draws rows from `rng` and puts them into files, which it lists in the manifest."""

    def __init__(self, rng: random.Random, lake: LakeRows) -> None:
        self.rng = rng
        self.snapshots = lake.snapshots
        self.opens = self.snapshots[0] - timedelta(days=70)
        self.closes = self.snapshots[-1]
        self.people = sorted({row["staff_key"] for row in lake.hr_staff})
        self.manifest: list[Row] = []
        self.group_ids = [f"G{number:02d}" for number in range(max(2, len(self.people) // 12))]

    def chance(self, percent: int) -> bool:
        return self.rng.randint(1, 100) <= percent

    def day(self) -> date:
        """A day of the history, often an awkward one: a month's first or last."""
        span = (self.closes - self.opens).days + 40
        day = self.opens + timedelta(days=self.rng.randint(0, span))
        kind = self.rng.randint(0, 5)
        return month_end(day) if kind == 0 else day.replace(day=1) if kind == 1 else day

    def after(self, day: date, longest: int) -> date:
        return day + timedelta(days=self.rng.choice((0, 1, self.rng.randint(0, longest))))

    def person(self) -> str:
        return self.rng.choice(STRANGERS) if self.chance(3) else self.rng.choice(self.people)

    def flag(self, percent: int = 50) -> bool:
        return self.chance(percent)

    # ------------------------------------------------------------------------------------- files

    def file(self, source: str, as_of: date, status: str = "loaded") -> str:
        sha256 = (
            f"{self.rng.getrandbits(128):032x}{len(self.manifest):024x}{source[:4].encode().hex()}"
        )
        self.manifest.append({"source": source, "sha256": sha256, "as_of": as_of, "status": status})
        return sha256

    def file_days(self) -> list[date]:
        """Some of the snapshot days, some days beside them, at least one."""
        days = {as_of for as_of in self.snapshots if self.chance(80)} | {self.closes}
        return sorted(
            days
            | {as_of - timedelta(days=self.rng.randint(1, 9)) for as_of in days if self.chance(15)}
        )

    def records(
        self, source: str, key: Sequence[str], makers: Sequence[tuple[Row, Maker]]
    ) -> list[Row]:
        """Rows of record files: each key stated in one to three of them, in one of two a day."""
        files = [
            (as_of, self.file(source, as_of))
            for as_of in self.file_days()
            for _ in range(2 if self.chance(15) else 1)
        ]
        self.file(source, self.closes + timedelta(days=30), "rejected")
        self.file(source, self.opens, "superseded")
        found: list[Row] = []
        for name, make in makers:
            assert set(name) == set(key)
            for as_of, sha256 in self.rng.sample(
                files, min(len(files), self.rng.choice((1, 1, 1, 2, 3)))
            ):
                found.append(
                    {
                        **make(),
                        **name,
                        "void": self.rng.choice((True, False))
                        if self.chance(8)
                        else self.rng.choice((False, None)),
                        **self.written(as_of, sha256, len(found) + 2),
                    }
                )
        return found

    def written(self, as_of: date, sha256: str, line: int) -> Row:
        return {
            "synthetic": True,
            "as_of": as_of,
            "file_sha256": sha256,
            "line": line,
            "row_status": "good",
        }

    # ----------------------------------------------------------------------------------- sources

    def vacancy(self) -> Row:
        opened = self.day()
        status = self.rng.choice(
            ("open", "on_hold", "offered", "filled", "filled", "filled", "withdrawn")
        )
        offer = (
            self.after(opened, 150) if status in ("offered", "filled") and self.chance(90) else None
        )
        closed = self.after(offer or opened, 60) if status in ("filled", "withdrawn") else None
        # Sometimes an offer fell through before the post was given up, or the start came first.
        starts = self.after(opened if self.chance(15) else closed or opened, 120)
        role = self.rng.choice(list(ROLES))
        return {
            "team": self.rng.choice(MORE_TEAMS),
            "job_role": "middle_manager" if self.chance(3) else role,
            "is_social_worker": ROLES[role],
            "fte": Decimal(self.rng.choice(FTES)),
            "opened_date": opened,
            "advertised_date": None,
            "offer_date": offer,
            "start_date": starts
            if status in ("offered", "filled", "withdrawn") and self.chance(80)
            else None,
            "closed_date": closed,
            "status": status,
            "applicants": None,
            "covered_by_agency": self.flag(),
        }

    def groups(self) -> list[Row]:
        found: list[Row] = []
        starts = {group: self.day() for group in self.group_ids}
        for as_of in self.file_days():
            for sha256 in [self.file("groups", as_of) for _ in range(2 if self.chance(15) else 1)]:
                for group, start in starts.items():
                    if self.chance(20):
                        continue
                    ended = self.after(start, 400) if self.chance(25) else None
                    found.append(
                        {
                            "group_id": group,
                            "teams": "Assessment;Pathways",
                            "started_on": start,
                            "ended_on": ended,
                            "capacity": 12,
                            "cadence_days": self.rng.choice((42, 42, 42, 28)),
                            **self.written(as_of, sha256, len(found) + 2),
                        }
                    )
        return found

    def members(self) -> list[Row]:
        found: list[Row] = []
        belongs = [
            (group, who, self.day())
            for group in self.group_ids
            for who in {self.person() for _ in range(self.rng.randint(4, 16))}
        ]
        for as_of in self.file_days():
            for sha256 in [
                self.file("group_members", as_of) for _ in range(2 if self.chance(15) else 1)
            ]:
                if self.chance(5):
                    continue  # a list of which every row was bad
                for group, who, joined in belongs:
                    if self.chance(10):
                        continue
                    found.append(
                        {
                            "group_id": group,
                            "staff_key": who,
                            "joined_on": joined,
                            "left_on": self.after(joined, 500) if self.chance(30) else None,
                            **self.written(as_of, sha256, len(found) + 2),
                        }
                    )
        return found

    def session_days(self) -> dict[str, tuple[str, date]]:
        """Sessions of each group by number, no two of a group on one day; one group is unknown."""
        found: dict[str, tuple[str, date]] = {}
        for group in [*self.group_ids, "unknown group"]:
            day = self.opens + timedelta(days=self.rng.randint(0, 90))
            while day < self.closes + timedelta(days=30):
                found[f"{group}-{len(found):04d}"] = (group, day)
                # Gaps on the edges of what is on time, and others.
                day += timedelta(days=self.rng.choice((7, 34, 35, 36, 42, 42, 48, 49, 50, 84, 90)))
        return found

    def session(self, group: str, day: date) -> Row:
        return {
            "group_id": group,
            "session_date": day,
            "status": "held" if self.chance(80) else "cancelled",
            "facilitator_key": "f1",
            "facilitator_independent": self.flag(85),
            "mode": "online",
            "duration_minutes": 90,
        }

    def registers(self, sessions: dict[str, tuple[str, date]]) -> list[tuple[Row, Maker]]:
        found: list[tuple[Row, Maker]] = []
        for session_id in [*sessions, "unknown session"]:
            # Sizes on the edges of the bands, mostly: 5, 6, 8, 9, 12 and 13.
            size = self.rng.choice((0, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14))
            for who in sorted({self.person() for _ in range(size)}):
                found.append(
                    (
                        {"session_id": session_id, "staff_key": who},
                        lambda: {
                            "attendance": self.rng.choice(
                                ("attended",) * 8 + ("apologies", "did_not_attend")
                            )
                        },
                    )
                )
        return found

    def debrief(self) -> Row:
        incident = self.day()
        requested = self.after(incident, 10)
        status = self.rng.choice(
            ("requested", "offered", "held", "held", "held", "declined", "cancelled")
        )
        offered = self.after(requested, 40) if status != "requested" and self.chance(80) else None
        held = status == "held"
        affected = self.rng.randint(1, 9)
        return {
            "incident_date": incident,
            "incident_type": "other",
            "team": self.rng.choice(MORE_TEAMS),
            "requested_date": requested,
            "offered_date": offered,
            "held_date": self.after(offered or requested, 45) if held else None,
            "status": status,
            "format": "group",
            "facilitator_key": None,
            "staff_affected": affected,
            "staff_attended": self.rng.randint(0, affected) if held else None,
            "follow_up_offered": self.flag() if held else None,
        }

    def answers(self) -> list[tuple[Row, Maker]]:
        """Four waves: one anonymous, one of a single answer, some without a team or an item.

        Most answer one questionnaire; in the last wave each response may be to another.
        """
        found: list[tuple[Row, Maker]] = []
        waves = sorted({month_end(self.day()) for _ in range(4)})
        for position, wave in enumerate(waves):
            number = 1 if position == 1 else self.rng.randint(3, 60)
            for response in range(number):
                who = None if position == 0 and self.chance(60) else self.person()
                asked = self.rng.choice(tuple(ANSWERS)) if position == len(waves) - 1 else "who5"
                found.append(
                    (
                        {"response_key": f"r{position}-{response}"},
                        lambda wave=wave, who=who, asked=asked: {  # type: ignore[misc]
                            "wave_date": wave,
                            "respondent_key": who,
                            "team": None if self.chance(8) else self.rng.choice(TEAMS),
                            **self.filled_in(asked),
                        },
                    )
                )
        return found

    def filled_in(self, instrument: str) -> Row:
        items, allowed, missing = ANSWERS[instrument]
        answers = {
            f"q{item}": None if item > items or self.chance(missing) else self.rng.choice(allowed)
            for item in range(1, 31)
        }
        return {"instrument": instrument, **answers}

    def absence(self, start: date) -> Row:
        return {
            "absence_end": None if self.chance(12) else self.after(start, 60),
            "reason": self.rng.choice(("stress_anxiety_depression", "other")),
            "working_days_lost": Decimal(self.rng.choice(("0", "0.5", "1", "7.3", "33"))),
        }

    def absences(self) -> list[tuple[Row, Maker]]:
        """Some on weekends alone, some that overlap another of the same person."""
        found: list[tuple[Row, Maker]] = []
        for who in self.people:
            starts = {self.day() for _ in range(self.rng.choice((0, 1, 2, 4)))}
            starts |= {start + timedelta(days=2) for start in starts if self.chance(30)}
            for start in sorted(starts):
                found.append(
                    (
                        {"staff_key": who, "absence_start": start},
                        lambda start=start: self.absence(start),  # type: ignore[misc]
                    )
                )
        return found

    def diagnostic(self) -> list[tuple[Row, Maker]]:
        """Three waves of shares by principle and item; some shares are not given."""
        found: list[tuple[Row, Maker]] = []
        for wave in sorted({month_end(self.day()) for _ in range(3)}):
            for principle in ("secure_base", "wellbeing"):
                for item in (None, "1", "2"):
                    name = {"wave_date": wave, "principle": principle, "item": item}
                    found.append((name, self.diagnosed))
        return found

    def diagnosed(self) -> Row:
        low, high = self.rng.randint(0, 500), self.rng.randint(0, 500)
        shares = [Decimal(part) / 1000 for part in (low, 1000 - low - high, high)]
        if self.chance(10):
            shares = [None, None, None]  # type: ignore[list-item]
        return {
            **dict(zip(("share_low", "share_middle", "share_high"), shares, strict=True)),
            "responses": self.rng.choice((0, 11, 140)),
        }

    def documents(self) -> list[tuple[Row, Maker]]:
        """Due for review on the edges of the last snapshot's day, or never."""
        return [
            ({"point": point, "document": f"document {number}"}, self.document)
            for point in range(1, 7)
            for number in range(self.rng.randint(0, 4))
        ]

    def document(self) -> Row:
        due = self.closes + timedelta(days=self.rng.choice((-400, -1, 0, 1, 200)))
        return {
            "owner_role": self.rng.choice(("Principal Social Worker", None)),
            "dated": self.day(),
            "review_date": due if self.chance(80) else None,
        }

    def returns(self) -> list[Row]:
        """A census return for some years, some in two files, which state a record twice."""
        found: list[Row] = []
        for year in range(self.opens.year - 1, self.closes.year + 1):
            day = date(year, 9, 30)
            known = [
                ("worker", f"swe{self.rng.randint(1, 30):02d}", self.career_day(day))
                for _ in range(25)
            ]
            known.append(("authority", None, None))  # type: ignore[arg-type]
            names = list(dict.fromkeys(known))
            for _ in range(self.rng.choice((0, 1, 1, 2))):
                sha256 = self.file("csww_return", day)
                for record_type, who, start in names:
                    if self.chance(85):
                        found.append(
                            {
                                "record_type": record_type,
                                "swe_key": who,
                                "role_start_date": start,
                                **dict.fromkeys((*OF_A_WORKER, *OF_THE_AUTHORITY)),
                                **(self.worker(day) if who else self.authority()),
                                "void": self.chance(5),
                                **self.written(day, sha256, len(found) + 2),
                            }
                        )
        return found

    def career_day(self, day: date) -> date | None:
        """A day of the last years, rarely a little after the census day, rarely none."""
        return None if self.chance(10) else day - timedelta(days=self.rng.randint(-20, 900))

    def code(self, most: int) -> str | None:
        return None if self.chance(15) else str(self.rng.randint(1, most))

    def part(self, *most: str) -> Decimal | None:
        return None if self.chance(15) else Decimal(self.rng.choice(("0", "0.5", "1", *most)))

    def worker(self, day: date) -> Row:
        ended = self.chance(35)
        said = ("given", "given", "given", "absent", "faulty")
        return {
            "agency_worker": self.rng.choice(("0", "0", "1")),
            "swe_number_state": self.rng.choice(said),
            "fte": self.part("0.811", "1.2"),
            "fte30": self.part("0.333333333", "1.2"),
            "organisation_role": self.code(6),
            "start_origin": self.code(10),
            "role_end_date": day - timedelta(days=self.rng.choice((-1, 0, 100, 364, 366)))
            if ended
            else None,
            "reason_leave": self.code(10) if ended or self.chance(5) else None,
            "leaver_destination": self.code(9) if ended or self.chance(5) else None,
            "step_up_graduate": self.code(1),
            "frontline_graduate": self.code(1),
            "career_stage": self.code(4),
            "cases": None if self.chance(20) else self.rng.choice((0, 12, 40, 41)),
            "working_days_lost": self.part("7.5"),
            "contract_weeks": self.part("500", "500.5"),
            **{
                f"{column}_state": self.rng.choice(said)
                for column in ("birth_date", "sex", "ethnicity", "institution")
            },
        }

    def authority(self) -> Row:
        return {
            "old_la_code": "852",
            "vacant_fte": self.part("20.25"),
            "agency_cover_fte": self.part("10.5"),
            "agency_cover_headcount": None if self.chance(15) else 11,
        }


def build(rng: random.Random, lake: LakeRows) -> Programme:
    """A programme around the workforce `lake`."""
    b = Builder(rng, lake)
    sessions = b.session_days()
    size = len(b.people)
    return Programme(
        hr_vacancies=b.records(
            "hr_vacancies",
            ("vacancy_id",),
            [({"vacancy_id": f"v{n}"}, b.vacancy) for n in range(size)],
        ),
        groups=b.groups(),
        group_members=b.members(),
        group_sessions=b.records(
            "group_sessions",
            ("session_id",),
            [
                ({"session_id": name}, lambda group=group, day=day: b.session(group, day))  # type: ignore[misc]
                for name, (group, day) in sessions.items()
            ],
        ),
        group_attendance=b.records(
            "group_attendance", ("session_id", "staff_key"), b.registers(sessions)
        ),
        debriefs=b.records(
            "debriefs",
            ("debrief_id",),
            [({"debrief_id": f"d{n}"}, b.debrief) for n in range(max(3, size // 3))],
        ),
        wellbeing_survey=b.records("wellbeing_survey", ("response_key",), b.answers()),
        absence=b.records("absence", ("staff_key", "absence_start"), b.absences()),
        sword_results=b.records(
            "sword_results", ("wave_date", "principle", "item"), b.diagnostic()
        ),
        evidence_register=b.records("evidence_register", ("point", "document"), b.documents()),
        csww_return=b.returns(),
        load_manifest=b.manifest,
    )
