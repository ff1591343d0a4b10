"""What comes back of surveys, of the resilience diagnostic, and the register of evidence.

Surveys are held at the end of May and of November, the diagnostic each November, the register is
exported once a year. Each has one file a wave or year, as of the first export on or after its day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from warehouse.generate import vocabulary as words
from warehouse.generate.exports import Export, Fault, Row, spoil_last
from warehouse.generate.participation_exports import attended_days
from warehouse.generate.programme import Programme
from warehouse.generate.streams import stream

WELLBEING_SURVEY_COLUMNS = (
    "response_id",
    "wave_date",
    "instrument",
    "employee_id",
    "team",
    "q1",
    "q2",
    "q3",
    "q4",
    "q5",
    "void",
    "synthetic",
)
SWORD_RESULTS_COLUMNS = (
    "wave_date",
    "principle",
    "item",
    "share_low",
    "share_middle",
    "share_high",
    "responses",
    "void",
    "synthetic",
)
EVIDENCE_REGISTER_COLUMNS = (
    "point",
    "document",
    "owner_role",
    "dated",
    "review_date",
    "void",
    "synthetic",
)
FIRST_WAVE = date(2018, 5, 31)
FIRST_REGISTER = date(2019, 3, 31)
ITEMS = ("q1", "q2", "q3", "q4", "q5")
SURVEY_FAULTS = (
    ("q2", "6", "out_of_range"),
    ("q4", "often", "not_a_number"),
    ("q5", "-1", "out_of_range"),
)
# Typical of health and care staff on the 0 to 100 scale, and how far apart people are.
MEAN_SCORE, SPREAD = 54.0, 16.0


def wave_dates(programme: Programme, dates: list[date], months: tuple[int, ...]) -> list[date]:
    """The last days of these months that the exports reach, oldest first."""
    found = []
    for year in range(FIRST_WAVE.year, programme.end.year + 1):
        for month in months:
            day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            if max(FIRST_WAVE, dates[0]) <= day <= dates[-1]:
                found.append(day)
    return found


def _exported(dates: list[date], day: date) -> date:
    return next(as_of for as_of in dates if as_of >= day)


def wellbeing_survey(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """One file a wave: about half of the people in post answer; the first wave is anonymous."""
    for wave in wave_dates(programme, dates, (5, 11)):
        rows: list[Row] = []
        faults: list[Fault] = []
        answered = [
            (stream(programme.seed, "survey", wave, who), who, held.team)
            for who, held in sorted(
                {
                    spell.person.employee_id: spell.attributes_on(wave)
                    for spell in programme.spells
                    if spell.is_in_post(wave)
                }.items()
            )
        ]
        # Numbers are given as answers come in, so that they follow no list of people.
        shuffled = sorted(answered, key=lambda item: item[0].random())
        for rng, who, team in shuffled:
            if rng.random() >= 0.55:
                continue
            rows.append(_response(programme, wave, len(rows) + 1, who, team))
            faults += spoil_last(rows, rng, 0.008, SURVEY_FAULTS)
        if rows:
            as_of = _exported(dates, wave)
            yield Export(
                "wellbeing_survey", as_of, WELLBEING_SURVEY_COLUMNS, tuple(rows), tuple(faults)
            )


def _response(programme: Programme, wave: date, number: int, who: str, team: str) -> Row:
    draw = stream(programme.seed, "answers", wave, who)
    usual = stream(programme.seed, "wellbeing", who).gauss(0.0, 1.0)
    attended = [day for day in attended_days(programme).get(who, []) if day <= wave]
    score = MEAN_SCORE + SPREAD * (0.8 * usual + 0.6 * draw.gauss(0.0, 1.0))
    score += programme.effect.on_wellbeing(wave, attended)
    answers = {
        item: str(min(5, max(0, round(score / 20 + draw.gauss(0.0, 0.7))))) for item in ITEMS
    }
    if draw.random() < 0.03:
        answers[draw.choice(ITEMS)] = ""
    is_anonymous = wave == FIRST_WAVE
    return {
        "response_id": f"WB-{wave:%Y%m}-{number:05d}",
        "wave_date": wave.isoformat(),
        "instrument": "who5",
        "employee_id": "" if is_anonymous else who,
        "team": "" if draw.random() < 0.04 else team,
        **answers,
        "void": "N",
        "synthetic": "Y",
    }


def sword_results(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """One file each November: shares of low, middle and high answers, by principle and item."""
    for wave in wave_dates(programme, dates, (11,)):
        in_post = sum(spell.is_in_post(wave) for spell in programme.spells)
        rows: list[Row] = []
        for principle, level in words.SWORD_LEVELS.items():
            for item in ("", "1", "2", "3", "4"):
                rng = stream(programme.seed, "sword", wave, principle, item)
                low = min(0.6, max(0.05, rng.gauss(level, 0.05)))
                high = min(1 - low - 0.05, max(0.05, rng.gauss(0.8 - level - 0.1, 0.05)))
                low_text, high_text = round(low, 3), round(high, 3)
                rows.append(
                    {
                        "wave_date": wave.isoformat(),
                        "principle": principle,
                        "item": item,
                        "share_low": f"{low_text:.3f}",
                        "share_middle": f"{1 - low_text - high_text:.3f}",
                        "share_high": f"{high_text:.3f}",
                        "responses": str(int(in_post * rng.uniform(0.35, 0.5))),
                        "void": "N",
                        "synthetic": "Y",
                    }
                )
        yield Export(
            "sword_results", _exported(dates, wave), SWORD_RESULTS_COLUMNS, tuple(rows), ()
        )


def evidence_register(programme: Programme, dates: list[date]) -> Iterator[Export]:
    """One file each year, at the end of March: the documents that were in force by then."""
    for year in range(FIRST_REGISTER.year, programme.end.year + 1):
        day = date(year, 3, 31)
        if not dates[0] <= day <= dates[-1]:
            continue
        rows: list[Row] = []
        for point, document, owner, every in words.EVIDENCE:
            rng = stream(programme.seed, "evidence", point, document)
            first = date(2018, 1, 8) + timedelta(days=rng.randint(0, 700))
            if first > day:
                continue
            renewals = (day - first).days // (every * 365)
            dated = first + timedelta(days=renewals * every * 365)
            rows.append(
                {
                    "point": str(point),
                    "document": document,
                    "owner_role": owner,
                    "dated": dated.isoformat(),
                    "review_date": (dated + timedelta(days=min(every * 365, 700))).isoformat(),
                    "void": "N",
                    "synthetic": "Y",
                }
            )
        if rows:
            yield Export(
                "evidence_register",
                _exported(dates, day),
                EVIDENCE_REGISTER_COLUMNS,
                tuple(rows),
                (),
            )
