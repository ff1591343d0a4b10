"""`warehouse.calibration`: the rule, and a small version of the benchmark that its report is made by."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date, timedelta

import calibration as benchmark
import numpy as np
import pytest
import simulated
import tried

from warehouse import calibration, impact
from warehouse.calibration import Result
from warehouse.generate.effect import Effect
from warehouse.ladder import rows

TEXT = benchmark.REPORT.read_text("utf-8")
RESULTS, REST = calibration.read(TEXT)


def result(**given: object) -> Result:
    """A sound null scenario of 500 programmes in which all is as it should be: 95 % and 5 %."""
    plain = Result(
        method="waves",
        term="main",
        scenario="nothing",
        kind="sound",
        told="the programme does nothing",
        scale="difference",
        unit="points",
        is_null=True,
        programmes=500,
        estimated=500,
        truth=0.0,
        mean=0.0,
        sd=1.0,
        covered=475,
        rejected=25,
    )
    return replace(plain, **given)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------- the rule


def test_what_covers_as_it_should_is_shown() -> None:
    found = calibration.allowed("waves", results=[result()])
    assert found.allowed
    assert found.capped_at == "strong"
    assert not found.biases
    assert found.reason == (
        "Tried on 500 made-up services of which the truth is known, its range held it in at least 95 % of "
        "each kind, and it found a change in at most 5 % where there was none."
    )


@pytest.mark.parametrize(
    ("covered", "rejected", "allowed"),
    [
        # 93 % of 500 are 465. Of two tests the smaller p has to be 2.5 % or less: of a binomial of 500 at
        # 0.93, 453 or fewer have 2.6 % and 452 have 1.7 %.
        (453, 25, True),
        (452, 25, False),
        # 7 % are 35. By symmetry 47 or more have 2.6 % and 48 have 1.7 %.
        (475, 47, True),
        (475, 48, False),
        # Covering always is no fault.
        (500, 0, True),
    ],
)
def test_a_method_is_switched_off_by_exact_tests(
    covered: int, rejected: int, allowed: bool
) -> None:
    found = calibration.allowed("waves", results=[result(covered=covered, rejected=rejected)])
    assert found.allowed is allowed


def test_where_something_is_to_be_found_finding_it_is_no_fault() -> None:
    strong = result(is_null=False, truth=5.0, mean=5.0, rejected=500)
    assert calibration.allowed("waves", results=[result(), strong]).allowed


def test_one_family_takes_in_all_methods_so_that_many_tests_switch_off_no_more() -> None:
    """452 of 500 has p = 0.017, enough among 2 tests, where 0.025 is asked; not among 40, 0.00125."""
    others = [result(method="recruitment", scenario=str(number)) for number in range(19)]
    alone, among = [result(covered=452)], [result(covered=452), *others]
    assert not calibration.allowed("waves", results=alone).allowed
    assert calibration.allowed("waves", results=among).allowed
    # Sorted 0.01, 0.02, 0.03 against 0.05 / 3, / 2, / 1: all; 0.04 against 0.05 / 2 stops the rest.
    assert calibration.holm([0.03, 0.01, 0.02]) == [True, True, True]
    assert calibration.holm([0.01, 0.045, 0.04]) == [True, False, False]


def test_a_stress_that_misleads_caps_the_grade_and_is_told() -> None:
    stress = result(
        kind="stress", told="those who feel well answer", mean=2.44, covered=300, rejected=200
    )
    found = calibration.allowed("waves", results=[result(), stress])
    assert found.allowed
    assert found.capped_at == "weak"
    assert found.biases == (
        "In made-up services in which those who feel well answer, it came out higher by 2.4 points than the "
        "truth, and found a change that was not there in 40 % of them.",
    )
    harmless = replace(stress, mean=0.0, covered=475, rejected=25)
    assert calibration.allowed("waves", results=[result(), harmless]).capped_at == "strong"


def test_a_bias_that_few_intervals_betray_caps_too_where_it_is_more_than_chance() -> None:
    """sd 1 in 500 has an error of 0.045. Of three tests Holm asks for p of 0.017 first: 2.4 errors."""
    for mean, capped in ((0.09, "strong"), (-0.12, "weak")):
        stress = result(kind="stress", mean=mean)
        assert calibration.allowed("waves", results=[result(), stress]).capped_at == capped


def test_of_variants_the_one_that_is_misled_most_often_speaks() -> None:
    few = result(kind="stress", mean=2.0, rejected=0, covered=300, variant="10 councils")
    many = replace(few, rejected=150, variant="140 councils")
    (told,) = calibration.allowed("waves", results=[result(), few, many]).biases
    assert "in 30 % of them" in told


def test_a_stress_after_the_lockdown_leaves_the_main_estimate_alone() -> None:
    """A ratio's bias is told in per cent: a logarithm of log 0.8 is lower by 20 %."""
    stress = result(
        kind="stress",
        term="after_lockdown",
        scale="ratio",
        mean=math.log(0.8),
        covered=300,
        rejected=200,
    )
    results = [result(), stress]
    assert calibration.allowed("waves", results=results).capped_at == "strong"
    later = calibration.allowed("waves", "level_2", results)
    assert later.capped_at == "weak"
    assert "lower by 20 %" in later.biases[0]


def test_a_method_that_nobody_tried_is_not_shown() -> None:
    assert not calibration.allowed("waves", results=[]).allowed
    assert not calibration.allowed("waves", results=[result(estimated=0)]).allowed
    with pytest.raises(
        ValueError, match="method is one of segmented_regression, before_and_after, waves"
    ):
        calibration.allowed("ever_attended")


def test_the_verdict_is_a_check_like_any_other() -> None:
    (name, check), *rest = calibration.checks("attendance").items()
    found = calibration.allowed("attendance")
    assert (name, rest) == ("calibration", [])
    assert check["passed"] is found.allowed
    assert check["sentence"].startswith(found.reason)


# -------------------------------------------------------------------------------------- the report


def test_the_report_is_of_this_code() -> None:
    """`make calibration` writes it anew where a setting of a method or a scenario has changed."""
    assert REST["digest"] == benchmark.digest()
    assert benchmark.DOCUMENT.read_text("utf-8") == benchmark.document(TEXT)


def test_the_report_rests_on_500_programmes_of_each_size_of_effect() -> None:
    for scenario in ("nothing", "0.8", "0.5"):
        own = [one for one in RESULTS if one.scenario == scenario]
        assert {one.method for one in own} == set(tried.ALL)
        assert min(one.programmes for one in own) >= 500
    assert {one.scenario for one in RESULTS} == {case.scenario.name for case in tried.CASES}


def test_every_method_of_the_ladder_has_a_verdict() -> None:
    for method in impact.BEST_GRADES:
        found = calibration.allowed(method)
        assert found.reason.endswith(".")
        # Nothing to try: it refuses series as short as ours.
        if method == "synthetic_control":
            assert not found.allowed


@pytest.mark.parametrize("case", tried.CASES, ids=lambda case: case.scenario.name)
def test_a_programme_of_the_report_gives_the_same_again(case: tried.Case) -> None:
    """So a method that was changed shows, whatever its settings say; figures to five digits."""
    wanted = REST["kept"][case.scenario.name][0]
    found = [benchmark.as_list(one) for one in tried.once(case, 0)]
    assert [one[:3] for one in found] == [one[:3] for one in wanted]
    for new, old in zip(found, wanted, strict=True):
        assert new[3:6] == pytest.approx(old[3:6], rel=1e-5, abs=1e-7), new[:3]
        assert new[6] == old[6]


# ------------------------------------------------------------------------- the benchmark, in small


@pytest.fixture(scope="module")
def programmes() -> list[list[tried.Tried]]:
    """Two methods on 60 services in which nothing is to be found."""
    methods = ("waves", "segmented_regression")
    return [
        [one for one in tried.once(tried.CASES[0], number, methods) if one.term == "main"]
        for number in range(60)
    ]


def verdict_of(programmes: list[list[tried.Tried]]) -> calibration.Verdict:
    text = json.dumps({"results": benchmark.collated({0: programmes})})
    return calibration.allowed("waves", results=calibration.read(text)[0])


def test_a_sound_method_stays(programmes: list[list[tried.Tried]]) -> None:
    assert verdict_of(programmes).allowed


def test_a_method_with_half_its_errors_is_switched_off(
    programmes: list[list[tried.Tried]],
) -> None:
    """Half the width holds the truth in 67 % of them, some 40 of 60 where 93 % are 56."""

    def halved(one: tried.Tried) -> tried.Tried:
        lower = one.estimate - (one.estimate - one.lower) / 2
        upper = one.estimate + (one.upper - one.estimate) / 2
        return replace(one, lower=lower, upper=upper, found=not lower <= 0 <= upper)

    found = verdict_of([[halved(one) for one in each] for each in programmes])
    assert not found.allowed
    assert found.capped_at == "weak"
    assert found.reason.startswith("It is not for the board. Tried on 60 made-up services in which")


def test_an_estimate_that_is_switched_off_is_in_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row stands, and says why it has no figure."""
    off = calibration.Verdict("waves", "main", False, "weak", "It is not for the board.", ())
    monkeypatch.setattr(calibration, "allowed", lambda *_: off)
    finding = impact.Finding("Wellbeing", "difference", "increase", "waves", 3.0, 1.0, 5.0)
    made = rows.row("mean_score", "main", finding, n=200)
    assert [made[name] for name in ("estimate", "lower_95", "upper_95")] == [None] * 3
    assert (made["grade"], made["outcome"]) == ("not enough data", "not enough data")
    assert made["sentence"] == (
        "Wellbeing: there is not enough data to say. It is not for the board."
    )
    assert json.loads(made["assumption_checks"])["calibration"]["passed"] is False


# ------------------------------------------------------------------------------ the made-up service


def test_a_programme_is_decided_by_its_number_alone() -> None:
    """Whatever was played before it, or in another process."""
    case = tried.CASES[1]
    alone = tried.once(case, 7, ("waves",))
    tried.once(case, 8, ("waves",))
    assert tried.once(case, 7, ("waves",)) == alone
    assert tried.once(case, 8, ("waves",)) != alone


def test_the_effect_has_the_shape_of_the_generators() -> None:
    """Sessions on days 10, 52 and 94, the second missed: nothing till day 100, then half in 180 days."""
    scenario = simulated.Scenario("x", delay_days=90, half_life_days=180.0)
    days = np.array([[10.0, 52.0, 94.0]])
    would = np.array([[10.0, simulated.NEVER, 94.0]])
    first = date(2019, 1, 1)
    effect = Effect(leaving_hazard_ratio=0.5, delay_days=90, half_life_days=180.0)
    attended = [first + timedelta(days=10), first + timedelta(days=94)]
    for day in (0, 99, 100, 150, 183, 184, 400):
        (found,) = simulated.effect_weight(would, days, np.array([float(day)]), scenario)[0]
        assert found == pytest.approx(effect.weight_on(first + timedelta(days=day), attended))


def test_a_made_up_service_is_of_the_size_that_it_claims() -> None:
    """280 people, give or take the vacancies, and one to four leavers a month; nobody attends at notice."""
    service = simulated.play(simulated.Scenario("x"), np.random.default_rng(1))
    for day in range(0, simulated.DAYS, 200):
        there = (service.begins <= day) & (service.ends >= day)
        assert 240 <= there.sum() <= 316
    months = simulated.DAYS / 30.44
    assert 1 <= (service.ends < simulated.DAYS).sum() / months <= 4
    came = np.where(service.attended < simulated.NEVER, service.attended, -simulated.NEVER).max(
        axis=1
    )
    assert (came <= service.ends).all()


def test_what_a_report_does_not_know_or_switched_off_can_still_be_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a method that is new, or was switched off once, could never earn its place."""
    monkeypatch.setattr(calibration, "_tests_reported", tuple)
    assert not calibration.allowed("waves").allowed
    finding = impact.Finding("Leaving", "ratio", "decrease", "waves", 0.7, 0.5, 0.9)
    off = rows.row("leavers", "level", finding, n=30, p_value=0.004)
    assert (off["estimate"], off["lower_95"], off["p_value"]) == (None, None, None)
    with calibration.on_trial():
        assert calibration.allowed("waves").allowed
        shown = rows.row("leavers", "level", finding, n=30, p_value=0.004)
        assert (shown["estimate"], shown["p_value"]) == (0.7, 0.004)
        assert not calibration.allowed("waves", results=[]).allowed
    assert not calibration.allowed("waves").allowed
