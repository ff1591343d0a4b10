"""A library is imported when something of it is used, and nobody else meets one that was not read."""

import sys
from pathlib import Path

import pytest

from tests.children import said_by
from warehouse.importing import imported_when_used


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that writes down when it is executed."""
    (tmp_path / "heavy_library.py").write_text(
        "from pathlib import Path\n"
        "with Path(__file__).with_suffix('.log').open('a') as log:\n    log.write('executed\\n')\n"
        "weight = 5\n"
    )
    (tmp_path / "its_user.py").write_text(
        "import heavy_library as heavy\ndef weighed():\n    return heavy.weight\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("heavy_library", "its_user"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return str(tmp_path / "heavy_library.log")


def executed(log: str) -> int:
    return Path(log).read_text().count("executed") if Path(log).exists() else 0


def test_it_is_executed_once_and_when_it_is_used(library: str) -> None:
    with imported_when_used("heavy_library"):
        import its_user  # type: ignore[import-not-found]
    assert executed(library) == 0
    assert "heavy_library" not in sys.modules
    assert its_user.weighed() == its_user.weighed() == 5
    assert executed(library) == 1


def test_behind_the_block_it_is_imported_as_ever(library: str) -> None:
    with imported_when_used("heavy_library"):
        import its_user
    import heavy_library  # type: ignore[import-not-found]

    assert executed(library) == 1
    assert heavy_library.weight == its_user.weighed() == 5
    assert executed(library) == 1


def test_used_inside_the_block_and_in_one_that_fails_it_is_the_real_one(library: str) -> None:
    with imported_when_used("heavy_library"):
        import its_user

        assert its_user.weighed() == 5
        real = sys.modules["heavy_library"]
    assert sys.modules["heavy_library"] is real
    with pytest.raises(ZeroDivisionError), imported_when_used("heavy_library", "of_no_such_name"):
        raise ZeroDivisionError
    assert sys.modules["heavy_library"] is real
    assert "of_no_such_name" not in sys.modules


def test_what_is_not_there_is_missed_when_it_is_used(library: str) -> None:
    with imported_when_used("of_no_such_name"):
        import of_no_such_name as missing  # type: ignore[import-not-found]
    with pytest.raises(ModuleNotFoundError, match="of_no_such_name"):
        missing.anything  # noqa: B018


def test_the_gates_library_is_ready_without_what_no_suite_of_ours_needs() -> None:
    """And the one expectation that does need it computes the entropy of 1:1 beside 1:2, ln(3/2)/2 + ln(3/4)/2."""
    said = said_by(
        "import math, sys\n"
        "from warehouse import gates\n"
        "gates.load_library()\n"
        "print(sorted({'altair', 'scipy.stats', 'pandas'} & set(sys.modules)))\n"
        "from great_expectations.expectations.core import "
        "expect_column_kl_divergence_to_be_less_than as one\n"
        "print(math.isclose(one.stats.entropy([1, 1], [1, 2]), "
        "(math.log(3 / 2) + math.log(3 / 4)) / 2), one.alt.Chart.__name__)\n"
    )
    assert said == ["['pandas']", "True Chart"]
