"""The notebooks run from top to bottom on a published file, and print what was worked out by hand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.board_fixture import write_board
from warehouse.settings import project_root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The Department's real figures, and Southampton's ten neighbours under each model."""
    version = tmp_path / "home/published/versions/v1"
    for name in ("analyst", "board"):
        write_board(version / name / f"{name}.duckdb")
    (tmp_path / "home/published/current").symlink_to("versions/v1")
    return tmp_path / "home"


def test_turnover_is_worked_out_beside_the_neighbours(home: Path, tmp_path: Path) -> None:
    """27.9 FTE of 187.7 left in 2019: 0.149. 1,345 councils' years can be checked (metrics.md).

    Southampton's rate lies above the 2025 neighbours' median in 2019, 2022, 2023 and 2024.
    """
    notebook = project_root() / "notebooks/turnover_beside_the_neighbours.py"
    ran = subprocess.run(
        [sys.executable, str(notebook), "--home", str(home)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert "1,345 published rates rebuilt from their counts." in ran.stdout
    assert re.search(r"^2019 +27\.9 +187\.7 +0\.149 ", ran.stdout, re.M), ran.stdout
    assert "in 4 of 9 years. This shows nothing of why." in ran.stdout
