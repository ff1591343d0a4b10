"""What the service would return to the Department for each 30 September, as XML.

It is made from what truly happened and not from HR's exports, so what a warehouse finds of those
differs a little: nobody told HR why somebody left (the return has a leaver, the exports only
somebody who is no longer listed), a leaving date is still wrong, a staff list has a spoilt cell, or
a last day is the census day itself (a return knows its holder as a leaver alone). Who holds two
posts has one record, of one full-time post at the most. The authority's code, the workers' numbers
(`ZZ`, which the register does not use) and all that is said of the people are made up.
"""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from warehouse.generate.exports import Document
from warehouse.generate.programme import (
    DAY,
    ID_MODULUS,
    LeaverEntry,
    Person,
    Programme,
    Spell,
)
from warehouse.generate.streams import days_after, pick, stream

# The years of which the elements are known; see expectations/contracts/csww_return.yaml.
CENSUS_YEARS = range(2021, 2026)
NO_AUTHORITY = "999"
MOST_CASES = 40

ROLES = {
    "senior_manager": "1",
    "middle_manager": "2",
    "first_line_manager": "3",
    "senior_practitioner": "4",
    "case_holder": "5",
    "qualified_without_cases": "6",
}
STAGES = {"1": "4", "2": "4", "3": "3", "4": "2", "5": "2", "6": "1"}
REASONS = {
    "resignation": "1",
    "redundancy": "3",
    "dismissal": "4",
    "retirement": "5",
    "death_in_service": "6",
    "transfer": "7",
    "end_of_contract": "8",
    "other": "8",
}
REASON_NOT_KNOWN, DESTINATION_NOT_KNOWN, DESTINATION_NOT_COLLECTED = "9", "8", "9"
DESTINATIONS = {
    "other_council": "1",
    "agency": "3",
    "voluntary_sector": "4",
    "health": "4",
    "other_social_work": "4",
    "not_social_work": "6",
    "not_known": DESTINATION_NOT_KNOWN,
    "": DESTINATION_NOT_COLLECTED,
}
FROM_AN_AGENCY, NEWLY_QUALIFIED = "4", "1"
ORIGINS: dict[str, float] = {
    NEWLY_QUALIFIED: 20,
    "2": 34,
    "3": 4,
    FROM_AN_AGENCY: 16,
    "5": 8,
    "6": 10,
    "7": 5,
    "9": 3,
}
ETHNICITIES: dict[str, float] = {
    "WBRI": 66,
    "WOTH": 5,
    "MWBC": 2,
    "AIND": 4,
    "BCRB": 5,
    "BAFR": 9,
    "AOTH": 2,
}
# What an authority has not asked everybody for.
UNKNOWN_ETHNICITIES: dict[str, float] = {"REFU": 4, "NOBT": 3}
QUALIFICATIONS: dict[str, float] = {"1": 55, "2": 40, "3": 5}
GENDERS: dict[str, float] = {"2": 83, "1": 17}
NO_INSTITUTION = 0.02
PAY_OFFERS = (
    "RecruitmentBonus",
    "RetentionBonus",
    "PerformanceAward",
    "CarAllowance",
    "RelocationPackage",
    "RegionalWeighting",
    "CostSWE",
    "CostDBS",
)

Elements = dict[str, str]


class _Year(NamedTuple):
    """A census day and the one before it: what is counted lies after the one, up to the other."""

    day: date
    before: date


def csww_return(programme: Programme, dates: list[date]) -> Iterator[Document]:
    """A return for each 30 September of 2021 to 2025 from the first date to the last."""
    for year in CENSUS_YEARS:
        census = _Year(date(year, 9, 30), date(year - 1, 9, 30))
        if dates[0] <= census.day <= dates[-1]:
            workers = _workers(programme, census)
            if workers:
                name = f"csww_return_{census.day.isoformat()}.xml"
                content = _message(census, _authority(programme, census.day), workers)
                yield Document("csww_return", census.day, name, content, len(workers) + 1)


def _workers(programme: Programme, census: _Year) -> list[Elements]:
    """Those in post, those who left in the year, and the agency's, by number and start."""
    spells: dict[Person, list[Spell]] = {}
    for spell in programme.spells:
        if spell.start <= spell.last_day:
            spells.setdefault(spell.person, []).append(spell)
    entries = {
        (record.person, entry.leaving_date): entry
        for record in programme.leaver_records
        for entry in record.entries
        if entry.record_status == "leaver" and not entry.void
    }
    found = []
    for person, own in spells.items():
        # Somebody whose last day is the census day has left in the census year, and is no more.
        agency = [s for s in own if _is_agency(s, census.day)]
        posts = [s for s in own if s.last_day > census.day and _is_employed(s, census.day)]
        if posts or agency:
            found.append(_worker(programme, census, posts or agency, own, None))
        for last in sorted({s.last_day for s in own if census.before < s.last_day <= census.day}):
            left = [s for s in own if s.last_day == last and _is_employed(s, last)]
            stays_on = any(
                s.is_in_post(last + DAY) and s.attributes_on(last + DAY).contract_type != "agency"
                for s in own
            )
            if left and not stays_on:
                entry = entries.get((person, last), LeaverEntry(last, last, "", ""))
                found.append(_worker(programme, census, left, own, entry))
    return sorted(found, key=lambda worker: (worker["SWENo"], worker["RoleStartDate"]))


def _is_agency(spell: Spell, day: date) -> bool:
    held = spell.attributes_on(day)
    return spell.is_in_post(day) and held.contract_type == "agency" and held.is_social_worker


def _is_employed(spell: Spell, day: date) -> bool:
    held = spell.attributes_on(day)
    return spell.is_in_post(day) and held.contract_type != "agency" and held.is_social_worker


def _fte(posts: list[Spell], day: date) -> Decimal:
    return min(Decimal(1), sum((Decimal(s.attributes_on(day).fte) for s in posts), Decimal(0)))


def _worker(
    programme: Programme,
    census: _Year,
    posts: list[Spell],
    own: list[Spell],
    left: LeaverEntry | None,
) -> Elements:
    """One worker's elements in the schemas' order.

    posts: what is returned as one record, of all the `own` spells. left: how they ended, or None.
    """
    day = left.leaving_date if left else census.day
    first = min(posts, key=lambda spell: spell.start)
    main = max(posts, key=lambda spell: float(spell.attributes_on(day).fte))
    person = first.person
    is_agency = main.attributes_on(day).contract_type == "agency"
    year, role = census.day.year, ROLES[main.attributes_on(day).job_role]
    draw = stream(programme.seed, "census", person.employee_id)
    born = days_after(draw, first.start - timedelta(days=36 * 365), 0, 13 * 365)
    gender, is_known = pick(draw, GENDERS), draw.random() < 0.95
    ethnicity = pick(draw, ETHNICITIES if is_known else UNKNOWN_ETHNICITIES)
    origin = stream(programme.seed, "census", person.employee_id, first.start)
    found = {
        "AgencyWorker": "1" if is_agency else "0",
        "SWENo": f"ZZ{int(person.employee_id) * 61_803_399 % ID_MODULUS:08d}",
        "FTE": "0" if left else f"{_fte(posts, day)}",
        "PersonBirthDate": born.isoformat(),
        "GenderCurrent" if year <= 2023 else "Sex": gender if year <= 2023 else " MF"[int(gender)],
        "Ethnicity": ethnicity,
        "QualInst": "" if draw.random() < NO_INSTITUTION else "University of Example",
        "QualLevel": pick(draw, QUALIFICATIONS),
        "StepUpGrad": _flag(draw, 0.05),
        "OrgRole": role,
        "RoleStartDate": first.start.isoformat(),
        "StartOrigin": FROM_AN_AGENCY if is_agency else _origin(origin, role),
    }
    if left:
        found |= {
            "RoleEndDate": left.leaving_date.isoformat(),
            "LeaverDestination": DESTINATIONS[left.destination]
            if left.leaving_reason
            else DESTINATION_NOT_KNOWN,
            "ReasonLeave": REASONS.get(left.leaving_reason, REASON_NOT_KNOWN),
        }
    if not is_agency:
        # Of who came and went within the year there is none a year ago: their last hours stand in.
        earlier = [spell for spell in own if _is_employed(spell, census.before)]
        hours = _fte(earlier, census.before) or (_fte(posts, day) if left else Decimal(0))
        found["FTE30"] = f"{hours}"
    if not left:
        cases = [spell.caseload_on(census.day) for spell in posts]
        known = [count for count in cases if count is not None]
        found["Cases30"] = str(min(MOST_CASES, sum(known))) if known else ""
    found["WorkingDaysLost"] = _days_lost(programme, census, posts)
    if is_agency:
        found["ContractWeeks"] = f"{(first.last_day - first.start).days / 7:.1f}"
    found["FrontlineGrad"] = _flag(draw, 0.06)
    if not left:
        absences = programme.absences.get(person.employee_id, [])
        is_away = any(one.start <= census.day <= one.end for one in absences)
        found["Absat30Sept"] = "1" if is_away else "0"
        found["ReasonAbsence"] = "SIC" if is_away else ""
    found["CFKSSstatus"] = STAGES[role]
    if year >= 2025:
        del found["QualInst"], found["CFKSSstatus"]
    return found


def _flag(rng: random.Random, share: float) -> str:
    return "1" if rng.random() < share else "0"


def _origin(rng: random.Random, role: str) -> str:
    return NEWLY_QUALIFIED if ROLES["qualified_without_cases"] == role else pick(rng, ORIGINS)


def _days_lost(programme: Programme, census: _Year, posts: list[Spell]) -> str:
    """Weekdays of sickness in post, in the year to the census day, as shares of a full-time week."""
    days = Decimal(0)
    for spell in posts:
        last = min(census.day, spell.last_day)
        for one in programme.absences.get(spell.person.employee_id, []):
            if max(spell.start, census.before + DAY) <= one.start <= last:
                fte = Decimal(spell.attributes_on(one.start).fte)
                days += one.weekdays_until(last) * fte
    return f"{days:.2f}"


def _authority(programme: Programme, day: date) -> Elements:
    """What the authority says of itself: vacant posts, and how many of them an agency's cover."""
    vacant = [
        vacancy
        for vacancy in programme.vacancies
        if vacancy.is_social_worker
        and not (last := vacancy.entries[-1]).void
        and vacancy.opened_date <= day
        and (last.closed_date is None or max(last.closed_date, last.start_date or date.min) > day)
    ]
    covered = [vacancy for vacancy in vacant if vacancy.is_covered]
    found = {
        "NumberOfVacancies": f"{sum((Decimal(v.fte) for v in vacant), Decimal(0)):.2f}",
        "NoAgencyFTE": f"{sum((Decimal(v.fte) for v in covered), Decimal(0)):.2f}",
        "NoAgencyHeadcount": str(len(covered)),
    }
    if day.year >= 2025:
        found |= dict.fromkeys(PAY_OFFERS, "0")
    return found


def _message(census: _Year, authority: Elements, workers: list[Elements]) -> bytes:
    year, day = str(census.day.year), census.day.isoformat()
    root = ElementTree.Element("Message")
    header = ElementTree.SubElement(root, "Header")
    details = ElementTree.SubElement(header, "CollectionDetails")
    _fill(details, {"Collection": "CSWW", "Year": year, "ReferenceDate": day})
    source = ElementTree.SubElement(header, "Source")
    _fill(source, {"SourceLevel": "L", "LEA": NO_AUTHORITY, "SoftwareCode": "warehouse generate"})
    level = "LALevel" if census.day.year >= 2025 else "LALevelVacancies"
    for name, record in ((level, authority), *(("CSWWWorker", worker) for worker in workers)):
        _fill(ElementTree.SubElement(root, name), record | {"synthetic": "Y"})
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _fill(element: ElementTree.Element, elements: Elements) -> None:
    for name, text in elements.items():
        if text:
            ElementTree.SubElement(element, name).text = text
