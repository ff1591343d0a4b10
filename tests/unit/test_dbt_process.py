"""The dbt child that waits: it never outlives its block, and a new home need not read the project."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from warehouse import dbt_process
from warehouse.dbt_process import DbtProcess
from warehouse.settings import Settings
from warehouse.settings import load as load_settings


def project_in(folder: Path, home: Path) -> Settings:
    """Settings of a home whose project has only what setup leaves behind."""
    prepared = folder / "dbt_project" / "target" / "partial_parse.msgpack"
    prepared.parent.mkdir(parents=True)
    prepared.write_bytes(b"as setup read it")
    (folder / "programme.yml").write_text("{}\n", encoding="utf-8")
    return replace(load_settings(home), project=folder)


def test_a_child_without_anything_to_build_is_gone_after_its_block(tmp_path: Path) -> None:
    settings = project_in(tmp_path / "project", tmp_path / "home")
    with DbtProcess(settings) as process:
        process.warm_up()
        process.warm_up()
        child = process._child
        assert child is not None
        os.kill(child.pid, 0)
    assert child.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_new_home_takes_over_the_project_as_setup_read_it(tmp_path: Path) -> None:
    settings = project_in(tmp_path / "project", tmp_path / "home")
    with DbtProcess(settings) as process:
        process.warm_up()
    kept = dbt_process.target(settings) / "partial_parse.msgpack"
    assert kept.read_bytes() == b"as setup read it"


def test_a_home_that_has_read_the_project_keeps_its_own(tmp_path: Path) -> None:
    settings = project_in(tmp_path / "project", tmp_path / "home")
    kept = dbt_process.target(settings) / "partial_parse.msgpack"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"as this home read it")
    with DbtProcess(settings) as process:
        process.warm_up()
    assert kept.read_bytes() == b"as this home read it"


def test_a_child_that_cannot_read_its_project_says_so_by_its_status(tmp_path: Path) -> None:
    """A project without dbt_project.yml: dbt ends with 2, and its log has its reason."""
    settings = project_in(tmp_path / "project", tmp_path / "home")
    with DbtProcess(settings) as process:
        process.go()
        assert process.wait(60) == 2
    assert "dbt_project.yml" in dbt_process.log_path(settings).read_text(encoding="utf-8")
