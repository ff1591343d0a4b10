"""The compose file, the image and `.env.example` as texts: what they promise and how they agree.

The file is checked against the Compose Specification's own schema. No container is started here:
whether the images build and come up is for a machine with a container engine to show.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from warehouse.airflow_local import POOL

PROJECT = Path(__file__).parents[2]
SCHEMA = PROJECT / "tests" / "data" / "compose_spec" / "compose-spec.json"
TEXT = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
ENV_EXAMPLE = dict(
    line.split("=", 1)
    for line in (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer"}
# These two do something once and end.
ENDING = {"prepare", "make-key"}


def validator() -> Any:
    return jsonschema.Draft201909Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def mounts(service: str) -> dict[str, tuple[str, bool]]:
    """{place in the container: (volume or folder, read-only)}."""
    found = {}
    for text in SERVICES[service].get("volumes", ()):
        # A colon inside ${NAME:?words} separates nothing.
        parts = re.sub(r"\$\{(\w+)[^}]*\}", r"$\1", text).split(":")
        found[parts[1]] = (parts[0], parts[2:] == ["ro"])
    return found


def test_the_file_is_what_the_compose_specification_says() -> None:
    assert [error.message for error in validator().iter_errors(COMPOSE)] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"services": {"postgres": {"image": "postgres", "heathcheck": {"test": "true"}}}},
        {"services": {"postgres": {"image": 15}}},
        {"services": {"postgres": {"depends_on": {"other": {"condition": "healthy"}}}}},
    ],
)
def test_the_schema_refuses_what_compose_would(broken: dict[str, Any]) -> None:
    """A misspelt field, a wrong type, an unknown condition."""
    assert list(validator().iter_errors(broken))


def test_the_first_line_says_that_it_is_for_one_machine() -> None:
    assert TEXT.splitlines()[0].startswith("# For one machine")


def test_airflow_runs_as_four_services_beside_its_database_and_the_dashboard() -> None:
    assert set(SERVICES) == AIRFLOW | ENDING | {"postgres", "dashboard"}
    for name in AIRFLOW:
        assert SERVICES[name]["command"][:2] == ["airflow", name]


def test_every_service_that_stays_is_watched_and_comes_back() -> None:
    for name in set(SERVICES) - ENDING:
        assert SERVICES[name]["healthcheck"]["test"], name
        assert SERVICES[name]["restart"] == "unless-stopped", name


def test_no_port_is_open_beyond_this_machine() -> None:
    """The dashboard shares the machine's loopback, on which alone it listens; the rest is inside."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api-server"}
    for port in published["api-server"]:
        assert port.startswith("127.0.0.1:")
    on_the_host = [name for name, one in SERVICES.items() if one.get("network_mode") == "host"]
    assert on_the_host == ["dashboard"]
    serve = (PROJECT / "dashboard" / "serve.py").read_text(encoding="utf-8")
    assert 'ADDRESS = "127.0.0.1"' in serve


def test_the_dashboard_is_a_user_of_its_own_who_is_given_the_published_folder_to_read() -> None:
    """The analysts' folder in it has mode 0750 and belongs to another user and group."""
    writer, reader = SERVICES["scheduler"]["user"], SERVICES["dashboard"]["user"]
    assert set(writer.split(":")).isdisjoint(reader.split(":"))
    assert mounts("dashboard") == {"/srv/warehouse/home/published": ("published", True)}
    assert mounts("scheduler")["/srv/warehouse/home/published"] == ("published", False)
    assert SERVICES["dashboard"]["read_only"] is True


def test_no_service_of_ours_runs_as_root_or_can_become_it() -> None:
    for name in set(SERVICES) - {"postgres"}:
        service = SERVICES[name]
        assert service["user"] in ("10001:10001", "10002:10002"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["warehouse"]


def test_home_and_key_are_volumes_apart_and_one_service_sees_both() -> None:
    sees = {
        volume: {
            name for name in SERVICES for source, _ in mounts(name).values() if source == volume
        }
        for volume in COMPOSE["volumes"]
    }
    assert sees["home"] == {"scheduler"}
    assert sees["key"] == {"scheduler", "make-key"}
    assert sees["published"] == {"scheduler", "dashboard"}
    assert mounts("scheduler")["/srv/warehouse/key"] == ("key", True)
    environment = SERVICES["scheduler"]["environment"]
    assert environment["WAREHOUSE_PSEUDONYM_KEY_FILE"] == "/srv/warehouse/key/pseudonym.key"


def test_the_pool_of_the_one_writer_is_made_before_anything_runs() -> None:
    assert f"airflow pools set {POOL} 1 " in SERVICES["prepare"]["command"][2]
    for name in AIRFLOW:
        condition = SERVICES[name]["depends_on"]["prepare"]["condition"]
        assert condition == "service_completed_successfully"


def test_every_setting_that_compose_reads_stands_in_the_example() -> None:
    """What has no default there must be filled in; secrets come with no value."""
    asked = dict(re.findall(r"\$\{(\w+)(:[?-])?", TEXT))
    assert asked
    assert set(asked) == set(ENV_EXAMPLE)
    needed = {name for name, kind in asked.items() if kind == ":?"}
    assert needed == {
        "POSTGRES_PASSWORD",
        "AIRFLOW_API_SECRET_KEY",
        "AIRFLOW_JWT_SECRET",
        "WAREHOUSE_LANDING",
    }
    assert {ENV_EXAMPLE[name] for name in needed} == {""}


def test_defaults_of_the_example_are_those_of_the_compose_file() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    assert defaults
    assert {name: ENV_EXAMPLE[name] for name in defaults} == defaults


def test_the_image_installs_by_hash_and_copies_only_what_is_there() -> None:
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    commands = re.split(r"&&|^[A-Z]+ ", DOCKERFILE, flags=re.MULTILINE)
    installs = [one for one in commands if "pip install" in one or "pip sync" in one]
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install
    copied = [
        name
        for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert copied
    for name in copied:
        assert (PROJECT / name).exists(), name
        assert f"!{name}" in ignored, name


def test_the_image_has_the_drivers_of_the_metadata_database() -> None:
    """Airflow asks its database in two ways: psycopg2, and asyncpg where it does not wait."""
    locked = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert "postgresql+psycopg2://" in TEXT
    assert re.search(r"^psycopg2-binary==", locked, re.MULTILINE)
    assert re.search(r"^asyncpg==", locked, re.MULTILINE)
