"""The guard in front of the dashboard: who gets an answer, and what every answer carries."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import serve, signin
from tests.unit.test_signin import CLAIMS, PROVIDER

ROOT = Path(__file__).resolve().parents[2]


def scope(kind: str = "http", **headers: str) -> dict[str, Any]:
    """A request or websocket under a name of the loopback interface, as a server describes it."""
    said = {"host": "127.0.0.1:8501", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return {
        "type": kind,
        "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        "extensions": {"websocket.http.response": {}},
    }


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:8501"},
        {"host": "localhost:8501", "origin": "http://localhost:8501"},
        {"host": "[::1]:8501"},
        {"host": "localhost"},
        {"host": "localhost:9000", "origin": "http://localhost:9000"},  # through a tunnel
        {"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
        # A link on another site may open the dashboard.
        {
            "sec_fetch_site": "cross-site",
            "sec_fetch_mode": "navigate",
            "sec_fetch_dest": "document",
        },
    ],
)
def test_this_machines_own_pages_are_answered(kind: str, headers: dict[str, str]) -> None:
    assert serve.refusal(scope(kind, **headers)) is None


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "https://evil.example:8501"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8501"},  # another origin than 127.0.0.1:8501
        {"origin": "http://127.0.0.1:8501.evil.example"},
        {"origin": "http://127.0.0.1:8501@evil.example"},
        {"origin": "file://"},
        {"origin": ""},
        {"host": "evil.example:8501", "origin": "http://evil.example:8501"},  # rebinding
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "user@127.0.0.1:8501"},
        {"host": "127.0.0.1:port"},
        {"host": ""},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "script"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
    ],
)
def test_foreign_pages_are_refused(kind: str, headers: dict[str, str]) -> None:
    assert serve.refusal(scope(kind, **headers)) is not None


OWN = "https://board.council.example"


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "８５０１", "http"])
def test_a_port_that_no_machine_has_is_refused(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.main([f"--port={port}"])
    assert ended.value.code == 2
    assert "needs a port, a whole number up to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "board.council.example"},
        {"host": "Board.Council.Example", "origin": OWN},
        {"host": "127.0.0.1:8501"},  # the health check
        # The provider sends people back by a link from its own site.
        {
            "host": "board.council.example",
            "sec_fetch_site": "cross-site",
            "sec_fetch_mode": "navigate",
            "sec_fetch_dest": "document",
        },
    ],
)
def test_with_a_provider_the_dashboards_own_name_is_answered_too(
    kind: str, headers: dict[str, str]
) -> None:
    assert serve.refusal(scope(kind, **headers), OWN) is None


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "board.council.example", "origin": "https://evil.example"},
        {"host": "board.council.example", "origin": "http://board.council.example"},
        {"host": "board.council.example", "origin": "https://board.council.example:8443"},
        {"host": "board.council.example", "origin": "https://127.0.0.1:8501"},
        {"host": "board.council.example:8443"},
        {"host": "x.board.council.example"},
        {"host": "evil.example", "origin": OWN},
    ],
)
def test_with_a_provider_no_other_name_and_no_other_origin_is(
    kind: str, headers: dict[str, str]
) -> None:
    assert serve.refusal(scope(kind, **headers), OWN) is not None


def test_two_hosts_or_a_second_foreign_origin_are_refused() -> None:
    twice = scope()
    twice["headers"].append((b"host", b"127.0.0.1:8501"))
    assert serve.refusal(twice) is not None
    mixed = scope(origin="http://127.0.0.1:8501")
    mixed["headers"].append((b"Origin", b"http://evil.example"))
    assert serve.refusal(mixed) is not None
    nameless = scope()
    nameless["headers"] = []
    assert serve.refusal(nameless) is not None


def answers(
    asked: dict[str, Any], first: dict[str, Any], own: str | None = None
) -> list[dict[str, Any]]:
    """What the guard sends for a request, around an application that sends `first`."""
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send(first)

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    guard = serve.Guard(app, serve.content_security_policy([]), own)
    asyncio.run(guard(asked, receive, send))
    return sent


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("http", {"type": "http.response.start", "status": 200, "headers": []}),
        ("http", {"type": "http.response.start", "status": 500}),
        ("websocket", {"type": "websocket.accept"}),
    ],
)
@pytest.mark.parametrize("origin", ["http://127.0.0.1:8501", "http://evil.example"])
def test_every_answer_carries_the_headers(kind: str, first: dict[str, Any], origin: str) -> None:
    started = dict(answers(scope(kind, origin=origin), first)[0]["headers"])
    assert started[b"x-content-type-options"] == b"nosniff"
    assert started[b"referrer-policy"] == b"no-referrer"
    assert b"default-src 'self'" in started[b"content-security-policy"]
    assert b"frame-ancestors 'none'" in started[b"content-security-policy"]


@pytest.mark.parametrize(("path", "status"), [("/media/0a1b.csv", 403), ("/static/x.js", 200)])
def test_a_file_that_a_page_has_made_is_for_whoever_holds_a_role(path: str, status: int) -> None:
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {}

    for admits, wanted in ((lambda _: False, status), (lambda _: True, 200)):
        guard = serve.Guard(app, serve.content_security_policy([]), None, admits)
        asyncio.run(guard({**scope(), "path": path}, receive, send))
        assert sent[0]["status"] == wanted
        sent.clear()


def cookie(claims: dict[str, Any], secret: str) -> bytes:
    """The cookie as Streamlit signs it."""
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    return create_signed_value(secret, "_streamlit_user", json.dumps(claims))


def test_a_cookie_admits_by_its_signature_and_by_what_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same claims under another secret, cut short, or of nobody's role admit nobody."""
    monkeypatch.setattr(signin, "current", lambda: PROVIDER)
    later = {"exp": datetime.now(UTC).timestamp() + 600}
    good = cookie(CLAIMS | later, PROVIDER.cookie_secret)
    admits = serve.admitting(PROVIDER)

    def admitted(value: bytes | None) -> bool:
        asked = scope()
        if value is not None:
            asked["headers"].append((b"cookie", b"_streamlit_user=" + value))
        return admits(asked)

    assert admitted(good)
    assert not admitted(None)
    assert not admitted(b"")
    assert not admitted(good[:-2])
    assert not admitted(cookie(CLAIMS | later, "another secret of thirty-two chars"))
    assert not admitted(cookie(CLAIMS | later | {"groups": []}, PROVIDER.cookie_secret))
    assert not admitted(cookie(CLAIMS | {"exp": 1}, PROVIDER.cookie_secret))


def test_a_header_of_the_application_does_not_stand_beside_ours() -> None:
    first = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"Referrer-Policy", b"unsafe-url"), (b"x-other", b"kept")],
    }
    names = [name.lower() for name, _ in answers(scope(), first)[0]["headers"]]
    assert names.count(b"referrer-policy") == 1
    assert b"x-other" in names


@pytest.mark.parametrize(
    ("own", "cookie"),
    [
        (OWN, b"_streamlit_user=x; HttpOnly; Path=/; SameSite=lax; Secure"),
        ("http://127.0.0.1:8501", b"_streamlit_user=x; HttpOnly; Path=/; SameSite=lax"),
    ],
)
def test_over_tls_cookies_travel_by_nothing_else(own: str, cookie: bytes) -> None:
    """Streamlit never sets `Secure`; a cookie that has it is left as it is."""
    first = {
        "type": "http.response.start",
        "status": 302,
        "headers": [
            (b"set-cookie", b"_streamlit_user=x; HttpOnly; Path=/; SameSite=lax"),
            (b"set-cookie", b"other=secure; secure"),
        ],
    }
    sent = answers(scope(), first, own)[0]["headers"]
    assert [value for name, value in sent if name == b"set-cookie"] == [
        cookie,
        b"other=secure; secure",
    ]
    over_tls = own.startswith("https")
    assert (b"strict-transport-security" in dict(sent)) is over_tls


@pytest.mark.parametrize(("kind", "start"), [("http", "http"), ("websocket", "websocket.http")])
def test_a_refusal_is_403_and_the_application_never_hears_of_it(kind: str, start: str) -> None:
    sent = answers(scope(kind, origin="http://evil.example"), {"type": "never"})
    assert [message["type"] for message in sent] == [
        f"{start}.response.start",
        f"{start}.response.body",
    ]
    assert sent[0]["status"] == 403


def test_a_server_without_websocket_answers_is_told_to_close() -> None:
    asked = scope("websocket", origin="http://evil.example")
    asked["extensions"] = {}
    assert [m["type"] for m in answers(asked, {"type": "never"})] == ["websocket.close"]


def test_the_policy_allows_no_code_from_strings_and_no_script_by_name_of_inline() -> None:
    policy = serve.content_security_policy(["'sha256-x'"])
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'sha256-x'"
    assert "unsafe-eval" not in policy


def test_the_hash_of_an_inline_script_is_the_browsers() -> None:
    """SHA-256 of `alert('Hello, world.');`, from the example in the CSP specification."""
    page = "<script>alert('Hello, world.');</script><script src='x.js'></script>"
    assert serve.inline_script_hashes(page) == [
        "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"  # pragma: allowlist secret
    ]


def test_a_taken_port_is_one_sentence_and_exit_1(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "dashboard/serve.py", "--home", str(tmp_path), "--port", str(port)],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert run.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in run.stderr
    assert "Traceback" not in run.stderr


def test_serving_needs_nothing_of_the_pipeline() -> None:
    """What `serve` imports before it listens: no dbt, Great Expectations, Airflow, nor pandas."""
    code = (
        "import sys; sys.path.insert(0, '.'); import dashboard.serve as serve; "
        "heavy = {'dbt', 'great_expectations', 'airflow', 'warehouse', 'altair', 'duckdb'}; "
        "before = heavy & set(sys.modules); serve.application(); "
        "print(sorted((before | heavy & set(sys.modules))))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert run.stdout.strip().splitlines()[-1] == "[]"
