"""Signing in: which settings are taken, and which claims of a token entitle to what."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard import signin
from dashboard.signin import Provider, Refusal, Role
from dashboard.words import access

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PROVIDER = Provider(
    issuer="https://id.council.example/",
    metadata_url="https://id.council.example/.well-known/openid-configuration",
    client_id="dashboard",
    client_secret="c",
    cookie_secret="k" * 32,
    redirect_uri="https://board.council.example/oauth2callback",
    board=frozenset({"programme-board"}),
    steward=frozenset({"data-stewards"}),
)
CLAIMS: dict[str, Any] = {
    "is_logged_in": True,
    "iss": "https://id.council.example/",
    "sub": "ada",
    "aud": ["dashboard"],
    "iat": NOW.timestamp() - 60,
    "exp": NOW.timestamp() + 3540,
    "nonce": "n1",
    "groups": ["programme-board"],
}
SET = {
    "WAREHOUSE_OIDC_ISSUER": "https://id.council.example/",
    "WAREHOUSE_OIDC_CLIENT_ID": "dashboard",
    "WAREHOUSE_OIDC_CLIENT_SECRET": "from-the-provider",  # pragma: allowlist secret
    "WAREHOUSE_OIDC_COOKIE_SECRET": "0123456789abcdef" * 2,
    "WAREHOUSE_OIDC_REDIRECT_URI": "https://board.council.example/oauth2callback",
    "WAREHOUSE_OIDC_BOARD": "programme-board; cn=directors,ou=groups,dc=council",
    "WAREHOUSE_OIDC_STEWARD": "data-stewards",
}


def judged(now: datetime = NOW, **changed: Any) -> signin.Verdict:
    """The verdict on healthy claims with some of them changed; `...` takes one away."""
    claims = {k: v for k, v in (CLAIMS | changed).items() if v is not ...}
    return signin.judge(claims, PROVIDER, now)


def test_a_member_of_a_group_holds_its_role_and_a_steward_both() -> None:
    assert judged().role is Role.BOARD
    assert judged(groups=["data-stewards"]).role is Role.STEWARD
    assert judged(groups=["x", "programme-board", "data-stewards"]).role is Role.STEWARD
    assert judged(groups="programme-board").role is Role.BOARD
    assert judged(aud="dashboard").role is Role.BOARD
    assert judged(aud=["other", "dashboard"], azp="dashboard").role is Role.BOARD
    assert judged(iss="https://id.council.example").role is Role.BOARD


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"is_logged_in": False}, Refusal.NOT_SIGNED_IN),
        ({"is_logged_in": ...}, Refusal.NOT_SIGNED_IN),
        ({"is_logged_in": "true"}, Refusal.NOT_SIGNED_IN),
        ({"iss": ...}, Refusal.NOT_FOR_US),
        ({"iss": "https://id.council.example.evil.example/"}, Refusal.NOT_FOR_US),
        ({"iss": "http://id.council.example/"}, Refusal.NOT_FOR_US),
        ({"iss": ["https://id.council.example/"]}, Refusal.NOT_FOR_US),
        ({"sub": ...}, Refusal.NOT_FOR_US),
        ({"sub": ""}, Refusal.NOT_FOR_US),
        ({"aud": []}, Refusal.NOT_FOR_US),
        ({"aud": ...}, Refusal.NOT_FOR_US),
        ({"aud": ""}, Refusal.NOT_FOR_US),
        ({"aud": "dashboard2"}, Refusal.NOT_FOR_US),
        ({"aud": {"dashboard": 1}}, Refusal.NOT_FOR_US),
        ({"aud": ["other"]}, Refusal.NOT_FOR_US),
        # For others too, and nobody says that it was we who asked for it.
        ({"aud": ["dashboard", "other"]}, Refusal.NOT_FOR_US),
        ({"aud": ["dashboard", "other"], "azp": "other"}, Refusal.NOT_FOR_US),
        ({"aud": ["dashboard"], "azp": "other"}, Refusal.NOT_FOR_US),
        ({"aud": ["dashboard", 1], "azp": "dashboard"}, Refusal.NOT_FOR_US),
        ({"exp": ...}, Refusal.NOT_FOR_US),
        ({"exp": "2099-01-01"}, Refusal.NOT_FOR_US),
        ({"exp": True}, Refusal.NOT_FOR_US),
        ({"exp": float("inf")}, Refusal.NOT_FOR_US),
        ({"exp": float("nan")}, Refusal.NOT_FOR_US),
        ({"exp": NOW.timestamp() - 1}, Refusal.EXPIRED),
        ({"groups": ...}, Refusal.NO_ROLE),
        ({"groups": []}, Refusal.NO_ROLE),
        ({"groups": ["programme-boards"]}, Refusal.NO_ROLE),
        ({"groups": "x programme-board"}, Refusal.NO_ROLE),
        ({"groups": {"programme-board": True}}, Refusal.NO_ROLE),
        ({"groups": [["programme-board"]]}, Refusal.NO_ROLE),
        ({"groups": ..., "roles": ["programme-board"]}, Refusal.NO_ROLE),
    ],
)
def test_whatever_is_missing_or_not_as_it_should_be_entitles_to_nothing(
    changed: dict[str, Any], why: Refusal
) -> None:
    assert judged(**changed) == signin.Verdict(None, why)


def test_a_token_holds_until_its_expiry_and_not_a_second_longer() -> None:
    """It expires 59 minutes after noon."""
    assert judged(now=NOW + timedelta(minutes=58, seconds=59)).role is Role.BOARD
    assert judged(now=NOW + timedelta(minutes=59)).refusal is Refusal.EXPIRED


def test_the_claim_that_says_the_role_can_be_another() -> None:
    provider = replace(PROVIDER, role_claim="roles")
    claims = CLAIMS | {"roles": ["data-stewards"]}
    assert signin.judge(claims, provider, NOW).role is Role.STEWARD


def test_without_a_group_for_stewards_nobody_is_one() -> None:
    provider = replace(PROVIDER, steward=frozenset())
    claims = CLAIMS | {"groups": ["data-stewards", ""]}
    assert signin.judge(claims, provider, NOW).refusal is Refusal.NO_ROLE


def test_a_sign_in_that_was_ended_holds_no_longer_and_a_new_one_does() -> None:
    ended = signin.SignedOut()
    ended.end(CLAIMS, NOW)
    assert signin.judge(CLAIMS, PROVIDER, NOW, ended).refusal is Refusal.SIGNED_OUT
    again = CLAIMS | {"nonce": "n2"}
    assert signin.judge(again, PROVIDER, NOW, ended).role is Role.BOARD
    # What has expired is forgotten, and refused for that.
    later = NOW + timedelta(hours=2)
    ended.end(again, later)
    assert not ended.holds(CLAIMS)
    assert signin.judge(CLAIMS, PROVIDER, later, ended).refusal is Refusal.EXPIRED


def test_every_refusal_has_a_question_and_a_sentence() -> None:
    assert set(access.QUESTIONS) == set(access.SENTENCES) == set(Refusal)
    assert set(access.ROLES) == set(Role)


def test_the_settings_make_a_provider(tmp_path: Path) -> None:
    made = signin.from_environment(tmp_path, SET)
    assert made is not None
    assert made.metadata_url == "https://id.council.example/.well-known/openid-configuration"
    assert made.origin == "https://board.council.example"
    assert made.board == {"programme-board", "cn=directors,ou=groups,dc=council"}
    assert made.role_claim == "groups"
    assert made.for_streamlit()["auth"]["client_secret"] == SET["WAREHOUSE_OIDC_CLIENT_SECRET"]
    # What is printed or logged of it by chance gives no secret away.
    assert "from-the-provider" not in repr(made)
    assert SET["WAREHOUSE_OIDC_COOKIE_SECRET"] not in repr(made)
    assert signin.judge(CLAIMS, made, NOW).role is Role.BOARD


def test_the_issuer_follows_from_the_address_of_the_metadata(tmp_path: Path) -> None:
    said = {k: v for k, v in SET.items() if not k.endswith("ISSUER")} | {
        "WAREHOUSE_OIDC_METADATA_URL": "https://id.example/t1/v2.0/.well-known/openid-configuration"
    }
    made = signin.from_environment(tmp_path, said)
    assert made is not None
    assert made.issuer == "https://id.example/t1/v2.0"


def test_nothing_set_is_no_provider_and_neither_are_empty_values(tmp_path: Path) -> None:
    assert signin.from_environment(tmp_path, {"PATH": "x"}) is None
    assert signin.from_environment(tmp_path, dict.fromkeys(SET, "  ")) is None


@pytest.mark.parametrize(
    "name", ["ISSUER", "CLIENT_ID", "CLIENT_SECRET", "COOKIE_SECRET", "REDIRECT_URI"]
)
def test_half_a_provider_is_refused_by_the_name_of_what_is_missing(
    name: str, tmp_path: Path
) -> None:
    said = {k: v for k, v in SET.items() if k != f"WAREHOUSE_OIDC_{name}"}
    with pytest.raises(signin.BadSetting, match="half configured") as refused:
        signin.from_environment(tmp_path, said)
    asked = "METADATA_URL" if name == "ISSUER" else name
    assert f"WAREHOUSE_OIDC_{asked} is not set" in str(refused.value)
    assert "from-the-provider" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ISSUER": "http://id.council.example/"}, "must be an address that begins with https://"),
        ({"ISSUER": "https://user@id.council.example/"}, "must be an address"),
        ({"ISSUER": "id.council.example"}, "must be an address"),
        (
            {"ISSUER": "", "METADATA_URL": "https://id.example/discovery"},
            "Set WAREHOUSE_OIDC_ISSUER",
        ),
        ({"REDIRECT_URI": "http://board.council.example/oauth2callback"}, "begins with https://"),
        ({"REDIRECT_URI": "https://board.council.example/"}, "and /oauth2callback"),
        ({"REDIRECT_URI": "https://board.council.example/x/oauth2callback"}, "and /oauth2callback"),
        ({"COOKIE_SECRET": "short"}, "shorter than 32 characters"),  # pragma: allowlist secret
        ({"SCOPE": "profile groups"}, "lacks 'openid'"),
        ({"BOARD": "", "STEWARD": ""}, "WAREHOUSE_OIDC_BOARD is not set"),
        ({"BOARD": ";", "STEWARD": ""}, "name no group"),
    ],
)
def test_settings_that_would_not_be_safe_are_refused(
    changed: dict[str, str], words: str, tmp_path: Path
) -> None:
    said = SET | {f"WAREHOUSE_OIDC_{name}": value for name, value in changed.items()}
    with pytest.raises(signin.BadSetting, match=words):
        signin.from_environment(tmp_path, said)


def test_plain_http_is_for_the_loopback_interface(tmp_path: Path) -> None:
    said = SET | {
        "WAREHOUSE_OIDC_ISSUER": "http://127.0.0.1:9000/",
        "WAREHOUSE_OIDC_REDIRECT_URI": "http://localhost:8501/oauth2callback",
    }
    made = signin.from_environment(tmp_path, said)
    assert made is not None
    assert made.origin == "http://localhost:8501"


def with_file(path: Path) -> dict[str, str]:
    said = {k: v for k, v in SET.items() if not k.endswith("CLIENT_SECRET")}
    return said | {"WAREHOUSE_OIDC_CLIENT_SECRET_FILE": str(path)}


def test_a_secret_can_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("in-a-file\n", encoding="utf-8")
    path.chmod(0o600)
    made = signin.from_environment(tmp_path / "home", with_file(path))
    assert made is not None
    assert made.client_secret == "in-a-file"  # pragma: allowlist secret
    both = with_file(path) | {"WAREHOUSE_OIDC_CLIENT_SECRET": "the-value-wins"}
    made = signin.from_environment(tmp_path / "home", both)
    assert made is not None
    assert made.client_secret == "the-value-wins"  # pragma: allowlist secret


@pytest.mark.parametrize(
    ("mode", "content", "place", "words"),
    [
        (0o644, "s", "elsewhere", "can be read by others"),
        (0o600, " \n", "elsewhere", "is empty"),
        (0o600, None, "elsewhere", "cannot be read"),
        (0o600, "s", "home", "lies in the home or in the project"),
    ],
)
def test_a_secrets_file_that_others_could_come_by_is_refused(
    mode: int, content: str | None, place: str, words: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = (home if place == "home" else tmp_path) / "secret"
    if content is not None:
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
    with pytest.raises(signin.BadSetting, match=words):
        signin.from_environment(home, with_file(path))


def test_a_link_into_the_project_is_no_way_round(tmp_path: Path) -> None:
    link = tmp_path / "secret"
    link.symlink_to(ROOT / "README.md")
    with pytest.raises(signin.BadSetting, match="lies in the home or in the project"):
        signin.from_environment(tmp_path / "home", with_file(link))


def test_settling_takes_the_secrets_out_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin, "_settled", [])
    for name, value in SET.items():
        monkeypatch.setenv(name, value)
    import os

    assert signin.settle(tmp_path) == signin.current()
    assert "WAREHOUSE_OIDC_CLIENT_SECRET" not in os.environ
    assert "WAREHOUSE_OIDC_COOKIE_SECRET" not in os.environ
    assert signin.verdict({}).refusal is Refusal.NOT_SIGNED_IN


def test_without_a_provider_whoever_sits_at_the_machine_sees_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin, "_settled", [])
    signin.settle(tmp_path)
    assert signin.verdict({}) == signin.Verdict(Role.STEWARD)


def served(
    home: Path, settings: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """What becomes of `serve.py` under settings that it refuses."""
    return subprocess.run(
        [sys.executable, "dashboard/serve.py", "--home", str(home), "--port", "0", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=settings,
    )  # fmt: skip


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_without_a_provider_no_other_address_is_listened_on(host: str, tmp_path: Path) -> None:
    run = served(tmp_path, {}, "--host", host)
    assert run.returncode == 2
    assert run.stderr.startswith("No identity provider is configured")
    assert "Nothing is served." in run.stderr
    assert "Traceback" not in run.stderr


def test_half_a_provider_is_exit_2_and_a_sentence(tmp_path: Path) -> None:
    said = {k: v for k, v in SET.items() if not k.endswith("REDIRECT_URI")}
    run = served(tmp_path, said)
    assert run.returncode == 2
    assert "WAREHOUSE_OIDC_REDIRECT_URI is not set" in run.stderr
    assert "Traceback" not in run.stderr
    assert SET["WAREHOUSE_OIDC_COOKIE_SECRET"] not in json.dumps([run.stdout, run.stderr])
