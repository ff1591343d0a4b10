"""The dbt child that waits: it never outlives its block, and a new home need not read the project."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tests.children import said_by
from warehouse import dbt_child, dbt_process
from warehouse.dbt_process import DbtProcess
from warehouse.settings import Settings, project_root
from warehouse.settings import load as load_settings


def read_from(target: Path, project: Path) -> None:
    """Let what is kept in dbt's target folder be of this project."""
    (target / "read_from.txt").write_text(str((project / "dbt_project").resolve()), "utf-8")


def project_in(folder: Path, home: Path) -> Settings:
    """Settings of a home whose project has only what setup leaves behind."""
    prepared = folder / "dbt_project" / "target" / "partial_parse.msgpack"
    prepared.parent.mkdir(parents=True)
    prepared.write_bytes(b"as setup read it")
    read_from(prepared.parent, folder)
    shutil.copy(project_root() / "programme.yml", folder)
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
    read_from(kept.parent, tmp_path / "project")
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


PROFILE = """
small:
  target: build
  outputs:
    build: {type: duckdb, path: "{{ env_var('WAREHOUSE_BUILD_FILE') }}", threads: 1}
"""
SMALL = {
    "dbt_project.yml": "name: small\nversion: '1.0'\nconfig-version: 2\nprofile: small\n",
    "profiles.yml": PROFILE,
    "models/_sources.yml": "sources: [{name: lake, schema: lake, tables: [{name: given}]}]\n",
    "seeds/factors.csv": "factor\n2\n",
    "models/twice.sql": "select factor * number as number from {{ source('lake', 'given') }}, "
    "{{ ref('factors') }}\n",
    "models/thrice.sql": "select 3 * number as number from {{ ref('twice') }}\n",
}


def small_project(folder: Path) -> Path:
    """A project of two models over one source of the build file."""
    for name, text in SMALL.items():
        path = folder / "dbt_project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(project_root() / "programme.yml", folder)
    return folder


def built(settings: Settings) -> tuple[int, str]:
    """What the small project makes of 7, and what dbt said meanwhile."""
    file = dbt_process.build_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema lake; create table lake.given as select 7 as number")
    with DbtProcess(settings) as process:
        process.go()
        assert process.wait(120) == 0
    assert not file.with_name(f"{file.name}.wal").exists()
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute("select number from main.thrice").fetchone()
    assert found is not None
    return found[0], dbt_process.log_path(settings).read_text(encoding="utf-8")


def test_a_project_is_read_once_and_anew_when_it_has_changed(tmp_path: Path) -> None:
    """7 x 2 x 3 = 42, again 42 without reading the project, and 7 x 2 x 5 = 70 once that is in it.

    dbt says its version once for reading a project and once for building it.
    """
    project = small_project(tmp_path / "project")
    settings = replace(load_settings(tmp_path / "home"), project=project)
    first, said = built(settings)
    assert (first, said.count("Running with dbt")) == (42, 2)
    again, said = built(settings)
    assert (again, said.count("Running with dbt")) == (42, 1)
    model = project / "dbt_project" / "models" / "thrice.sql"
    model.write_text("select 5 * number as number from {{ ref('twice') }}\n", encoding="utf-8")
    changed, said = built(settings)
    assert (changed, said.count("Running with dbt")) == (70, 2)
    assert len(list(dbt_process.target(settings).glob(dbt_child.READ_PROJECT))) == 1


def test_a_project_that_has_moved_is_read_where_it_is(tmp_path: Path) -> None:
    """A seed lies beside the models; dbt by itself would look for it in the folder that is gone.

    What setup read in the old folder is of no use in the new one either.
    """
    old = replace(load_settings(tmp_path / "home"), project=small_project(tmp_path / "old"))
    assert dbt_process.read_project(old)
    assert built(old)[0] == 42
    new = replace(old, project=(tmp_path / "old").rename(tmp_path / "new"))
    assert built(new)[0] == 42
    afresh = replace(load_settings(tmp_path / "another_home"), project=new.project)
    assert built(afresh)[0] == 42


@pytest.mark.parametrize(
    ("changed", "is_another"),
    [("models/thrice.sql", True), ("seeds/new.csv", True), ("target/made.sql", False)],
)
def test_what_is_kept_of_a_project_holds_for_the_files_that_it_was_read_from(
    tmp_path: Path, changed: str, is_another: bool
) -> None:
    project = small_project(tmp_path) / "dbt_project"
    options = ["--project-dir", str(project)]
    before = dbt_child.project_digest(options)
    path = project / changed
    path.parent.mkdir(exist_ok=True)
    path.write_text("select 5 as number\n", encoding="utf-8")
    assert (dbt_child.project_digest(options) != before) is is_another


def test_what_is_kept_of_a_project_holds_for_the_settings_that_it_was_read_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The areas are in the models' SQL; where dbt writes is not."""
    options = ["--project-dir", str(small_project(tmp_path) / "dbt_project")]
    before = dbt_child.project_digest(options)
    monkeypatch.setenv("DBT_TARGET_PATH", "elsewhere")
    assert dbt_child.project_digest(options) == before
    monkeypatch.setenv("WAREHOUSE_AREAS", '{"North": []}')
    assert dbt_child.project_digest(options) != before


@pytest.mark.parametrize("kept", [b"", b"cut off", b"\x80\x05N."])
def test_a_kept_project_that_cannot_be_read_counts_as_none(tmp_path: Path, kept: bytes) -> None:
    """Empty, no pickle, and a pickle of None, which has no parts."""
    file = tmp_path / "project-0.pickle"
    assert dbt_child.load_kept(file) == {}
    file.write_bytes(kept)
    assert dbt_child.load_kept(file) == {}


def test_what_dbt_would_say_when_debugging_is_dropped_and_what_it_raises_is_said() -> None:
    said = said_by(
        "from warehouse import dbt_child\n"
        "dbt_child._leave_out_debugging()\n"
        "from dbt_common.events.base_types import EventLevel\n"
        "from dbt_common.events.event_manager_client import get_event_manager\n"
        "from dbt_common.events.functions import fire_event\n"
        "from dbt_common.events.types import Note, SystemExecutingCmd as Debugging\n"
        "get_event_manager().callbacks.append(lambda said: print(said.info.msg))\n"
        "fire_event(Debugging(cmd=['unsaid']))\n"
        "fire_event(Debugging(cmd=['raised']), level=EventLevel.INFO)\n"
        "fire_event(Note(msg='as ever'), level=EventLevel.INFO)\n"
    )
    assert said == ['Executing "raised"', "as ever"]
