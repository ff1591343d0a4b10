"""Every method of the ladder on made-up services whose truth is known.

    python benchmarks/calibration.py [--programmes 500] [--stress 200] [--processes 2]

Plays services through (`simulated.py`), runs the methods on them (`tried.py`), and counts how often each
interval covers the truth and how often something is found. Writes `src/warehouse/calibration.json`, by
which `warehouse.calibration` judges, and `docs/calibration.md`. Each programme has a seed of its
own, so that the result is the same whatever the number of processes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import simulated
from tried import (
    ALL,
    CASES,
    COUNCIL_YEARS,
    POOLS,
    PROGRAMME,
    SEED,
    TRUTHS,
    Tried,
    Truth,
    once,
)

from warehouse import calibration
from warehouse.ladder import councils, people, series

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENT = PROJECT / "docs" / "calibration.md"
REPORT = PROJECT / "src" / "warehouse" / calibration.REPORT
# So many programmes of each scenario are kept one by one in the report, for a test to play again.
KEPT = 2


def _some(task: tuple[int, int, int]) -> tuple[tuple[int, int, int], list[list[Tried]]]:
    case, first, last = task
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return task, [once(CASES[case], number) for number in range(first, last)]


def run(
    cases: Sequence[int], programmes: int, stress: int, processes: int, *, step: int = 10
) -> dict[int, list[list[Tried]]]:
    """All programmes of these cases (places in CASES), in their order; progress goes to stderr.

    programmes: of each case that is sound for all methods; stress: of each of the others.
    """
    tasks = []
    for case in cases:
        wanted = programmes if CASES[case].sound == ALL else stress
        tasks += [(case, at, min(at + step, wanted)) for at in range(0, wanted, step)]
    found: dict[tuple[int, int, int], list[list[Tried]]] = {}
    began = time.monotonic()
    # Small matrices: a second thread costs more than it brings, and the processes share the cores.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for task, tried in pool.imap_unordered(_some, tasks):
            found[task] = tried
            if len(found) % 20 == 0 or len(found) == len(tasks):
                passed = time.monotonic() - began
                left = passed / len(found) * (len(tasks) - len(found))
                said = (
                    f"{len(found)} of {len(tasks)} parts, {passed:.0f} s, about {left:.0f} s to go"
                )
                print(said, file=sys.stderr, flush=True)
    return {
        case: [one for task in sorted(found) if task[0] == case for one in found[task]]
        for case in cases
    }


def collated(found: dict[int, list[list[Tried]]]) -> list[dict[str, Any]]:
    """Results as the report has them: those of `calibration.Result`, and what was done instead."""
    results = []
    for place, programmes in found.items():
        case = CASES[place]
        by_name: dict[tuple[str, str, str], list[Tried]] = {}
        for programme in programmes:
            for one in programme:
                by_name.setdefault((one.method, one.term, one.variant), []).append(one)
        for (method, term, variant), own in by_name.items():
            truth_of = _truth_of(method, term)
            over, under = (sum(one.truth[part] for one in own) for part in (0, 1))
            truth = math.log(over / under) if truth_of.is_logarithm_of_ratio else over / under
            counted = _counted(
                [(one.estimate, one.lower, one.upper) for one in own],
                [one.found for one in own],
                truth,
            )
            naive = {
                name: _counted([one.naive[name] for one in own if name in one.naive], None, truth)
                for name in dict.fromkeys(name for one in own for name in one.naive)
            }
            results.append(
                {
                    "method": method,
                    "term": term,
                    "variant": variant,
                    "scenario": case.scenario.name,
                    "kind": case.kind(method, term),
                    "told": case.told,
                    "scale": truth_of.scale,
                    "unit": truth_of.unit,
                    "is_null": case.is_null,
                    "programmes": len(own),
                    "truth": _short(truth),
                    **counted,
                    "naive": naive,
                }
            )
    return results


def _truth_of(method: str, term: str) -> Truth:
    return TRUTHS.get(f"{method} {term}", TRUTHS[method])


def _short(number: float) -> float:
    """A figure to nine digits, so that another processor's last bits change no report."""
    return float(f"{number:.9g}")


def _counted(
    intervals: Iterable[tuple[float, float, float]], told: list[bool] | None, truth: float
) -> dict[str, Any]:
    """How many gave an estimate, its mean and spread, and how often it covers and finds something.

    told: whether a change was told of; else an interval on one side of no change counts as such.
    """
    every = np.array(list(intervals), dtype="float64").reshape(-1, 3)
    known = ~np.isnan(every[:, 0])
    estimate, lower, upper = every[known].T
    found = (lower > 0) | (upper < 0) if told is None else np.array(told, dtype=bool)[known]
    n = int(known.sum())
    return {
        "estimated": n,
        "mean": _short(float(estimate.mean())) if n else 0.0,
        "sd": _short(float(estimate.std(ddof=1))) if n > 1 else 0.0,
        "covered": int(((lower <= truth) & (truth <= upper)).sum()),
        "rejected": int(found.sum()),
        "rejected_rightly": int((found & (np.sign(estimate) == np.sign(truth))).sum()),
    }


# ------------------------------------------------------------------------------------- the report


def settings() -> dict[str, Any]:
    """All that decides what is tried: scenarios, sizes of the services, and choices of the methods."""
    constants = {
        name: value
        for name, value in vars(simulated).items()
        if name.isupper() and isinstance(value, (int, float, date, tuple))
    }
    return {
        "cases": [asdict(case) for case in CASES],
        "simulated": constants,
        "councils": [list(POOLS), [COUNCIL_YEARS.start, COUNCIL_YEARS.stop]],
        "programme": [PROGRAMME.starts_on, PROGRAMME.ends_on, PROGRAMME.pandemic_from],
        "methods": {
            "harmonics": series.HARMONICS,
            "washout_months": series.WASHOUT_MONTHS,
            "deals": series.DEALS,
            "lag_days": people.MAIN_LAG_DAYS,
            "windows": [window.named for window in councils.WINDOWS],
        },
        "seed": SEED,
    }


def digest() -> str:
    """Of the settings: a report with another one is not of this code."""
    text = json.dumps(settings(), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def report(found: dict[int, list[list[Tried]]]) -> str:
    """The report as `calibration.read` reads it, one line a result."""
    kept = {
        CASES[place].scenario.name: [[as_list(one) for one in each] for each in programmes[:KEPT]]
        for place, programmes in found.items()
    }
    lines = [json.dumps(one, ensure_ascii=False) for one in collated(found)]
    first = [f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in kept.items()]
    return (
        f'{{"digest": "{digest()}",\n"results": [\n'
        + ",\n".join(lines)
        + '\n],\n"kept": {\n'
        + ",\n".join(first)
        + "\n}}\n"
    )


def as_list(one: Tried) -> list[Any]:
    """An estimate as the report keeps it: names, figures to seven digits, and whether it was told of."""
    figures = [one.estimate, one.lower, one.upper]
    known = [None if math.isnan(figure) else float(f"{figure:.7g}") for figure in figures]
    return [one.method, one.term, one.variant, *known, bool(one.found)]


NAMES = {
    "segmented_regression": "interrupted series",
    "before_and_after": "rates before and after",
    "waves": "wellbeing waves",
    "recruitment": "recruitment",
    "attendance": "attendance",
    "staggered": "staggered rollout",
    "difference_in_differences": "councils compared",
}
TERM_NAMES = {
    "main": "",
    "after_lockdown": ", after the lockdown",
    "2019_in_baseline": ", 2019 in the baseline",
    "share_low": ", share low",
    "share_low_after_lockdown": ", share low after the lockdown",
}


def document(text: str) -> str:
    """docs/calibration.md, from the text of the report."""
    results, rest = calibration.read(text)
    raw = json.loads(text)["results"]
    tests = calibration.tests_of(results)
    failed = {(id(test.result), test.what) for test in tests if test.fails}
    sound = [pair for pair in zip(results, raw, strict=True) if pair[0].kind == "sound"]
    stress = [pair for pair in zip(results, raw, strict=True) if pair[0].kind == "stress"]
    counts = {
        kind: sorted({r.programmes for r, _ in pairs})
        for kind, pairs in (("sound", sound), ("stress", stress))
    }
    usual = CASES[0].scenario
    lines = [
        "# Calibration: every method where the truth is known",
        "",
        f"Written by `make calibration` (settings `{rest['digest']}`); nothing here is written by hand. "
        "The rule is in `src/warehouse/calibration.py`, which reads the same figures for every page and "
        "mart; [decision 33](decisions/0033-a-method-earns-its-place.md) says why, and what was learnt.",
        "",
        f"Each row is {_of(counts['sound'])} made-up services of some {simulated.STAFF} people in 14 teams "
        f"(stress: {_of(counts['stress'])}), with 22 groups that begin over nine months of 2019 and one to "
        "four leavers a month, from October 2016 to December 2021. What the programme does begins "
        f"{usual.delay_days} days after a session and halves every {usual.half_life_days:.0f} days unless "
        "the person comes again. The methods are the functions that the marts are made by.",
        "",
        "**Covers** is the share of 95 % intervals with the truth in them, **finds** the share in which the "
        "board would be told of a change: false positives where the programme does nothing, else power. "
        "In square brackets exact 95 % intervals. **✗** marks what is worse than asked by an exact test "
        f"(coverage under {calibration.LEAST_COVERAGE:.0%}, false positives over "
        f"{calibration.MOST_FALSE_POSITIVES:.0%}; Holm, family-wise {calibration.FAMILY_WISE:.0%}), under stress "
        "also a mean that is off by more than chance. "
        "Ratios are of rates: 0.80 is a fifth less.",
        "",
        "## What follows for the board",
        "",
        "| estimate | shown | earns at most | why |",
        "|---|---|---|---|",
        *_verdicts(results),
        "",
        "## Where the methods' assumptions hold",
        "",
        *_table(sound, failed),
        "",
        "## Stress: an assumption broken on purpose",
        "",
        *_table(stress, failed),
        "",
        "## What people would do instead",
        "",
        "The same services, judged by the same truth. *Finds* counts intervals that leave no change out.",
        "",
        *_instead([*sound, *stress]),
        "",
        "## The scenarios",
        "",
        *(f"- **{case.scenario.name}**: services in which {case.told}." for case in CASES),
        "",
        "## What the truth is",
        "",
        "No single figure is the effect itself, since it begins late and fades. What each interval should hold:",
        "",
        *(
            f"- **{NAMES[name.partition(' ')[0]]}{TERM_NAMES.get(name.partition(' ')[2], '')}**: {truth.words}."
            for name, truth in TRUTHS.items()
        ),
        "",
        "## What was not tried",
        "",
        "Synthetic control, which refuses series as short as ours and so has nothing to try; it is not shown. "
        "The rollout is tried as it is estimated, though its panel appears only where a halving would show, "
        "which with 14 teams it never does. "
        "The curves and the sensitivity rows, of which each says so; and of the councils every indicator but "
        "turnover. Fixed terms, moves between teams, "
        "rehires and everything that is written down wrongly, which the tests of the marts are for.",
        "",
    ]
    return "\n".join(lines)


def _of(counts: list[int]) -> str:
    return " or ".join(str(count) for count in counts)


def _verdicts(results: Sequence[calibration.Result]) -> Iterator[str]:
    for method, term in dict.fromkeys((result.method, result.term) for result in results):
        found = calibration.allowed(method, term, results)
        said = " ".join([found.reason, *found.biases])
        shown = "yes" if found.allowed else "**no**"
        yield f"| {NAMES[method]}{TERM_NAMES[term]} | {shown} | {found.capped_at} | {said} |"


def _table(
    pairs: Sequence[tuple[calibration.Result, dict[str, Any]]], failed: set[tuple[int, str]]
) -> Iterator[str]:
    yield "| estimate | scenario | without an estimate | truth | mean | covers | finds |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for result, raw in pairs:
        covers = _share(result.covered, result.estimated)
        finds = _share(result.rejected, result.estimated)
        covers += " ✗" if (id(result), "coverage") in failed else ""
        finds += " ✗" if (id(result), "false positives") in failed else ""
        mean = _figure(result, result.mean) + (" ✗" if (id(result), "bias") in failed else "")
        if not result.is_null and result.rejected != raw["rejected_rightly"]:
            finds += f", {result.rejected - raw['rejected_rightly']} the wrong way"
        yield (
            f"| {_named(result)} | {result.scenario} | {result.programmes - result.estimated} "
            f"| {_figure(result, result.truth)} | {mean} | {covers} | {finds} |"
        )


def _instead(pairs: Sequence[tuple[calibration.Result, dict[str, Any]]]) -> Iterator[str]:
    yield "| instead of | done | scenario | truth | mean | covers | finds |"
    yield "|---|---|---|---:|---:|---:|---:|"
    seen = set()
    for result, raw in pairs:
        for name, own in raw["naive"].items():
            # Variants of a method share what would be done instead.
            if (result.method, result.term, result.scenario, name) in seen or not own["estimated"]:
                continue
            seen.add((result.method, result.term, result.scenario, name))
            yield (
                f"| {NAMES[result.method]}{TERM_NAMES[result.term]} | {name} | {result.scenario} "
                f"| {_figure(result, result.truth)} | {_figure(result, own['mean'])} "
                f"| {_share(own['covered'], own['estimated'])} | {_share(own['rejected'], own['estimated'])} |"
            )


def _named(result: calibration.Result) -> str:
    variant = f" ({result.variant})" if result.variant else ""
    return f"{NAMES[result.method]}{TERM_NAMES[result.term]}{variant}"


def _figure(result: calibration.Result, value: float) -> str:
    return f"{math.exp(value):.2f}" if result.scale == "ratio" else f"{value + 0.0:.2f}"


def _share(successes: int, trials: int) -> str:
    """A share with its exact binomial interval (Clopper, Pearson 1934), in per cent."""
    from scipy.stats import beta

    if not trials:
        return "–"
    low = beta.ppf(0.025, successes, trials - successes + 1) if successes else 0.0
    high = beta.ppf(0.975, successes + 1, trials - successes) if successes < trials else 1.0
    return f"{100 * successes / trials:.1f} % [{100 * low:.1f}–{100 * high:.1f}]"


def main() -> None:
    """Run all cases and write both reports."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--programmes", type=int, default=500, help="of each size of effect")
    options.add_argument("--stress", type=int, default=200, help="of each other scenario")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--report", type=Path, default=REPORT)
    options.add_argument("--document", type=Path, default=DOCUMENT)
    chosen = options.parse_args()
    began = time.monotonic()
    found = run(range(len(CASES)), chosen.programmes, chosen.stress, chosen.processes)
    text = report(found)
    chosen.report.write_text(text, "utf-8")
    chosen.document.write_text(document(text), "utf-8")
    print(f"{chosen.report.name} and {chosen.document.name}: {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
