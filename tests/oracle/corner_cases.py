"""A small service in which every corner case of the definitions happens once, each in its own team.

Snapshots from 20 January 2019 to 10 April 2020, so that January 2019 to March 2020 are reported, a
29 February among them; none is of June 2019, and one is of 15 May 2019. A hundred people who only
stay, in the team "Stayers", keep the service from being nothing but corners.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.programmes import LakeRows
from tests.oracle.services import Programme
from tests.oracle.workforce import month_end

Row = dict[str, Any]

OLD = date(2015, 3, 2)
NEVER = date(2030, 1, 1)
FIRST, LAST = date(2019, 1, 20), date(2020, 4, 10)
MONTHS = [month_end(date(2019 + number // 12, number % 12 + 1, 1)) for number in range(15)]
SNAPSHOTS = sorted(
    {FIRST, LAST, date(2019, 5, 15), *(month for month in MONTHS if month != date(2019, 6, 30))}
)
SESSION_DAY = date(2019, 5, 14)


class Service:
    """Collects what the exports hold, one file a source and day."""

    def __init__(self) -> None:
        self.staff: list[Row] = []
        self.leavers: list[Row] = []
        self.manifest: list[Row] = [
            self.file("hr_staff", number, as_of) for number, as_of in enumerate(SNAPSHOTS)
        ]
        self.leaver_files: dict[date, str] = {}

    @staticmethod
    def file(source: str, number: int, as_of: date) -> Row:
        sha256 = f"{number:032x}{source.encode().hex():0>32}"[:64]
        return {"source": source, "sha256": sha256, "as_of": as_of, "status": "loaded"}

    def listed(
        self,
        who: str,
        team: str,
        start: date = OLD,
        until: date = NEVER,
        since: date | None = None,
        then: tuple[date, Row] | None = None,
        **held: Any,
    ) -> None:
        """In every snapshot from `since` (else from the start) to `until`; from a day on as `then`."""
        for file in self.manifest:
            as_of = file["as_of"]
            if file["source"] != "hr_staff" or not (since or start) <= as_of <= until:
                continue
            self.staff.append(
                {
                    "staff_key": who,
                    "email_key": f"mail of {who}",
                    "team": team,
                    "job_role": "family_support",
                    "is_social_worker": False,
                    "contract_type": "permanent",
                    "fte": Decimal(1),
                    "caseload": None,
                    "start_date": start,
                    "synthetic": True,
                    **held,
                    **(then[1] if then and as_of >= then[0] else {}),
                    **self.written(file),
                }
            )

    def left(
        self,
        who: str,
        leaving: date,
        start: date = OLD,
        reason: str = "resignation",
        stated: date | None = None,
        status: str = "leaver",
    ) -> None:
        """A leaver record, in the export of the leaving date's month end or of `stated`."""
        as_of = stated or month_end(leaving)
        if as_of not in self.leaver_files:
            file = self.file("hr_leavers", len(self.leaver_files), as_of)
            self.manifest.append(file)
            self.leaver_files[as_of] = file["sha256"]
        self.leavers.append(
            {
                "staff_key": who,
                "start_date": start,
                "leaving_date": leaving,
                "leaving_reason": reason,
                "destination": None,
                "record_status": status,
                "void": False,
                "synthetic": True,
                **self.written({"as_of": as_of, "sha256": self.leaver_files[as_of]}),
            }
        )

    def written(self, file: Row) -> Row:
        return {
            "as_of": file["as_of"],
            "file_sha256": file["sha256"],
            "line": len(self.staff) + len(self.leavers) + 2,
            "row_status": "good",
        }


def workforce_rows() -> LakeRows:
    """The people, case by case; what comes out stands in the tests of the same names."""
    s = Service()
    for number in range(100):
        s.listed(f"stayer {number}", "Stayers", is_social_worker=True, job_role="case_holder")

    s.listed("rehired", "Rehire", until=date(2019, 2, 28))
    s.left("rehired", date(2019, 3, 10))
    s.listed("rehired", "Rehire", start=date(2019, 3, 20), until=date(2019, 12, 31))
    s.left("rehired", date(2020, 1, 15), start=date(2019, 3, 20))

    s.listed("two posts", "Two posts", fte=Decimal("0.5"))
    s.listed("two posts", "Two posts", start=date(2016, 1, 4), fte=Decimal("0.4"))

    s.listed("gives up one", "One given up", fte=Decimal("0.5"))
    s.listed(
        "gives up one", "One given up", start=date(2016, 1, 4), until=date(2019, 4, 30),
        fte=Decimal("0.4"),
    )  # fmt: skip
    s.left("gives up one", date(2019, 5, 10), start=date(2016, 1, 4))

    s.listed(
        "made permanent", "Made permanent", until=date(2019, 4, 30), contract_type="fixed_term"
    )
    s.left("made permanent", date(2019, 4, 30), reason="end_of_contract")
    s.listed("made permanent", "Made permanent", start=date(2019, 5, 1))

    s.listed("agency", "Agency to permanent", until=date(2019, 4, 30), contract_type="agency")
    s.listed("agency", "Agency to permanent", start=date(2019, 5, 1))
    s.listed(
        "within", "Agency within a spell", contract_type="agency",
        then=(date(2019, 5, 31), {"contract_type": "permanent"}),
    )  # fmt: skip

    moved = (date(2019, 5, 15), {"team": "Moved to"})
    s.listed("moves and stays", "Moved from", then=moved)
    s.listed("moves and leaves", "Moved from", until=date(2019, 5, 15), then=moved)
    s.left("moves and leaves", date(2019, 5, 20))
    s.listed("leaves first", "Moved from", until=date(2019, 4, 30))
    s.left("leaves first", date(2019, 5, 12))

    s.listed("future starter", "Future starter", start=date(2019, 4, 15), since=date(2019, 2, 28))
    s.listed(
        "never came", "Never came", start=date(2019, 4, 15), since=date(2019, 2, 28),
        until=date(2019, 3, 31),
    )  # fmt: skip

    s.listed("future leaver", "Future leaver")
    s.left("future leaver", date(2020, 6, 30), stated=date(2020, 3, 31))

    s.listed("rescinds", "Rescinded")
    s.left("rescinds", date(2019, 4, 30), stated=date(2019, 2, 28))
    s.left("rescinds", date(2019, 4, 30), stated=date(2019, 3, 31), status="rescinded")

    s.listed("mistyped", "Mistyped", start=date(2017, 5, 1), until=date(2019, 7, 31))
    s.left("mistyped", date(2019, 8, 15), start=date(2017, 1, 5))

    s.listed("vanishes", "Unexplained", until=date(2019, 8, 31))

    s.listed("in the gap", "Missing month", until=date(2019, 5, 31))
    s.left("in the gap", date(2019, 6, 12))
    s.listed("over the gap", "Missing month")
    s.listed("lost in the gap", "Missing month", until=date(2019, 5, 31))

    s.listed("on the leap day", "Leap day", until=date(2020, 1, 31))
    s.left("on the leap day", date(2020, 2, 29))
    s.listed("a year before", "Leap day", start=date(2019, 3, 1), until=date(2020, 1, 31))
    s.left("a year before", date(2020, 2, 28), start=date(2019, 3, 1))
    s.listed("stays on", "Leap day")

    s.listed("starts at once", "First and last", start=date(2019, 1, 2), since=FIRST)
    s.listed("leaves at once", "First and last", until=FIRST)
    s.left("leaves at once", date(2019, 1, 31))
    s.listed("leaves at last", "First and last")
    s.left("leaves at last", date(2020, 3, 31))
    s.listed("leaves after", "First and last")
    s.left("leaves after", date(2020, 4, 2))

    s.listed("last of a team", "Empty", until=date(2019, 1, 31))
    s.left("last of a team", date(2019, 2, 10))

    for who in ("member 1", "member 2", "member 3", "guest"):
        s.listed(who, "Online group")
    return LakeRows(s.staff, s.leavers, s.manifest)


def programme_rows() -> Programme:
    """One vacancy whose person comes later, and one group that met once, by a Teams report alone.

    The plain implementation is told of those who came as of a register: it knows no reports.
    """
    files = {
        source: Service.file(source, 0, as_of)
        for source, as_of in (
            ("hr_vacancies", date(2019, 12, 31)),
            ("groups", date(2019, 5, 31)),
            ("group_members", date(2019, 5, 31)),
            ("group_sessions", date(2019, 5, 31)),
            ("group_attendance", date(2019, 5, 31)),
        )
    }

    def row(source: str, **values: Any) -> Row:
        file = files[source]
        return {
            **values,
            "void": False,
            "synthetic": True,
            "as_of": file["as_of"],
            "file_sha256": file["sha256"],
            "line": 2,
            "row_status": "good",
        }

    return Programme(
        hr_vacancies=[
            row(
                "hr_vacancies",
                vacancy_id="v1",
                team="Appointed",
                job_role="case_holder",
                is_social_worker=True,
                fte=Decimal("0.8"),
                opened_date=date(2019, 3, 1),
                advertised_date=None,
                offer_date=date(2019, 4, 1),
                start_date=date(2019, 6, 17),
                closed_date=date(2019, 4, 10),
                status="filled",
                applicants=None,
                covered_by_agency=False,
            )
        ],
        groups=[
            row(
                "groups",
                group_id="G1",
                teams="Online group",
                started_on=date(2019, 5, 1),
                ended_on=None,
                capacity=12,
                cadence_days=42,
            )
        ],
        group_members=[
            row(
                "group_members",
                group_id="G1",
                staff_key=f"member {number}",
                joined_on=date(2019, 5, 1),
                left_on=None,
            )
            for number in (1, 2, 3)
        ],
        group_sessions=[
            row(
                "group_sessions",
                session_id="S1",
                group_id="G1",
                session_date=SESSION_DAY,
                status="held",
                facilitator_key="somebody else",
                facilitator_independent=True,
                mode="online",
                duration_minutes=90,
            )
        ],
        group_attendance=[
            row("group_attendance", session_id="S1", staff_key=who, attendance="attended")
            for who in ("member 1", "guest")
        ],
        load_manifest=list(files.values()),
    )


def as_reported(programme: Programme) -> tuple[list[Row], Row]:
    """The lines of the Teams report that stands in the register's place, and its file.

    Each who came has one line of ninety minutes; of who did not come a report says nothing.
    """
    file = Service.file("attendance_teams", 0, SESSION_DAY) | {"file_name": f"S1_{SESSION_DAY}.csv"}
    nine = datetime(SESSION_DAY.year, SESSION_DAY.month, SESSION_DAY.day, 9)  # noqa: DTZ001
    lines = [
        {
            "entry": number,
            "email_key": f"mail of {row['staff_key']}",
            "joined_at": nine,
            "left_at": nine + timedelta(minutes=90),
            "attends_as": "participant",
            "void": False,
            "synthetic": True,
            "as_of": SESSION_DAY,
            "file_sha256": file["sha256"],
            "line": number + 1,
            "row_status": "good",
        }
        for number, row in enumerate(programme.group_attendance, start=1)
    ]
    return lines, file
