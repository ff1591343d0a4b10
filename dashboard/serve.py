"""Serve the dashboard: on the loopback interface, or where a provider signs people in.

    python dashboard/serve.py [--home DIR] [--port N] [--host ADDRESS]

Where no identity provider is configured (`signin.py`), anyone who reaches the port would see the
board's figures: it listens on 127.0.0.1 alone. A page of another site that is open in the same
browser could still send requests to it, so requests from a foreign origin are refused, and so are
those that come under a foreign host name (DNS rebinding). Every answer carries headers that keep the
page to itself.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    # The pages import `dashboard` as a package, and what is settled here has to be settled there.
    sys.path.insert(0, str(HERE.parent))

from dashboard import signin  # noqa: E402

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8501
HIGHEST_PORT = 65535

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def inline_script_hashes(index_html: str) -> list[str]:
    """CSP sources for the scripts written inside a page: their SHA-256, as the browser takes it."""
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", index_html, re.DOTALL)
    return [
        "'sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() + "'"
        for s in scripts
    ]


def content_security_policy(script_hashes: list[str]) -> str:
    """What the page may load: its own files, and the few inline things that Streamlit needs.

    Styles are written at run time (emotion); small icons and one font are data URLs. There is no
    `unsafe-eval`: charts are drawn by Vega's interpreter.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src " + " ".join(["'self'", *script_hashes]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'none'",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def host_is_loopback(host: str) -> bool:
    """Whether a Host header names this machine's loopback interface, whatever the port.

    The port is free: a tunnel may give it another number. Rebinding needs a foreign *name*.
    """
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return False
    if parts.username or parts.password or parts.path or parts.query or parts.fragment:
        return False
    return (parts.hostname or "").rstrip(".") in signin.LOOPBACK_NAMES


def refusal(scope: Scope, own_origin: str | None = None) -> str | None:
    """Why a request or websocket is refused, in a sentence; None if it may pass.

    own_origin: the address under which people reach the dashboard beside the loopback names, as
    scheme and host; None where nobody signs in.
    """
    own = urlsplit(own_origin) if own_origin else None
    said: dict[str, list[str]] = {}
    for name, value in scope.get("headers", []):
        said.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    hosts = said.get("host", [])
    by_its_name = own is not None and [host.lower() for host in hosts] == [own.netloc]
    if not by_its_name and (len(hosts) != 1 or not host_is_loopback(hosts[0])):
        return "This address is not served under that host name."
    schemes = {own.scheme} if own and by_its_name else {"http", "https"}
    for origin in said.get("origin", []):
        parts = urlsplit(origin)
        if parts.scheme not in schemes or parts.netloc.lower() != hosts[0].lower():
            return "Requests from another origin are refused."
    site = said.get("sec-fetch-site", ["same-origin"])[0]
    mode = said.get("sec-fetch-mode", ["navigate"])[0]
    destination = said.get("sec-fetch-dest", ["document"])[0]
    opened_by_a_link = mode == "navigate" and destination == "document"
    if site in {"cross-site", "same-site"} and not opened_by_a_link:
        return "Requests from another origin are refused."
    return None


class Guard:
    """ASGI wrapper: refuses foreign origins and hosts, and sets the headers of every answer.

    Where people reach the dashboard over TLS, cookies are kept to it, and browsers told to come by
    no other way. admits: who may fetch a file that a page has made, by the request; None for all.
    """

    def __init__(
        self,
        app: Application,
        policy: str,
        own_origin: str | None = None,
        admits: Callable[[Scope], bool] | None = None,
    ) -> None:
        self.app = app
        self.own_origin = own_origin
        self.admits = admits
        self.over_tls = (own_origin or "").startswith("https://")
        self.headers: tuple[tuple[bytes, bytes], ...] = (
            (b"content-security-policy", policy.encode("ascii")),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        )
        if self.over_tls:
            self.headers += ((b"strict-transport-security", b"max-age=31536000"),)
        self.names = frozenset(name for name, _ in self.headers)

    def _with_headers(self, headers: Any) -> list[tuple[bytes, bytes]]:
        kept = [
            (name, self._cookie(value) if name.lower() == b"set-cookie" else value)
            for name, value in headers or []
            if name.lower() not in self.names
        ]
        return [*kept, *self.headers]

    def _cookie(self, cookie: bytes) -> bytes:
        """Streamlit leaves `Secure` out, for browsers of old."""
        attributes = {one.strip().lower() for one in cookie.split(b";")[1:]}
        return cookie + b"; Secure" if self.over_tls and b"secure" not in attributes else cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or websocket; everything else goes through untouched."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in {
                "http.response.start",
                "websocket.accept",
                "websocket.http.response.start",
            }:
                message = {**message, "headers": self._with_headers(message.get("headers"))}
            await send(message)

        why = refusal(scope, self.own_origin)
        if why is None and self.admits and _asks_for_a_file(scope) and not self.admits(scope):
            why = "Sign in to download."
        if why is None:
            await self.app(scope, receive, send_with_headers)
        else:
            await _refuse(scope, send_with_headers, why)


def _asks_for_a_file(scope: Scope) -> bool:
    """Whether it is a file that a page has made: Streamlit hands it to whoever knows its address."""
    return scope["type"] == "http" and str(scope.get("path", "")).startswith("/media/")


def admitting(provider: signin.Provider) -> Callable[[Scope], bool]:
    """A judge of requests by the cookie that Streamlit signed: does whoever sends it hold a role?"""
    from starlette.requests import HTTPConnection
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    def admits(scope: Scope) -> bool:
        cookies = HTTPConnection(scope).cookies

        def signed(name: str) -> bytes | None:
            if name not in cookies:
                return None
            return decode_signed_value(
                provider.cookie_secret, name, cookies[name].encode("latin-1", "replace")
            )

        try:
            claims = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"null")
        except ValueError:
            return False
        return isinstance(claims, dict) and signin.verdict(claims).role is not None

    return admits


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    body = (why + "\n").encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    if scope["type"] == "http":
        kind = "http.response"
    elif "websocket.http.response" in scope.get("extensions", {}):
        kind = "websocket.http.response"
    else:
        # Closing before accepting makes the server answer 403 by itself.
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": f"{kind}.start", "status": 403, "headers": headers})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})


def application(provider: signin.Provider | None = None) -> Application:
    """The dashboard as an ASGI application, guarded; with a provider, for those whom it knows."""
    import streamlit
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.starlette import App

    # Until app.py has run once, Streamlit takes a folder named `pages` for its older kind of app:
    # the first visitor after a start, coming by a link to a page, would get that page without it.
    PagesManager.uses_pages_directory = False
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    policy = content_security_policy(inline_script_hashes(index.read_text(encoding="utf-8")))
    if provider is None:
        return Guard(App(HERE / "app.py"), policy)
    app = App(HERE / "app.py", secrets=provider.for_streamlit())
    return Guard(app, policy, provider.origin, admitting(provider))


def _warm_up() -> None:
    """Import what the first page needs while nobody waits for it."""
    import altair  # noqa: F401
    import duckdb  # noqa: F401
    import pandas  # noqa: F401


def _port(text: str) -> int:
    """For argparse: the number of a port. Refuses what no machine has."""
    if not (text.isascii() and text.isdigit() and int(text) <= HIGHEST_PORT):
        raise argparse.ArgumentTypeError(
            f"needs a port, a whole number up to {HIGHEST_PORT}; nothing is served"
        )
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. Returns the process's exit status: 2 for settings that are refused."""
    parser = argparse.ArgumentParser(description="Serve the board's dashboard.")
    parser.add_argument("--home", type=Path, help="the warehouse's home (WAREHOUSE_HOME, or var)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument(
        "--host", default=ADDRESS, help="the address to listen on; another needs a provider"
    )
    asked = parser.parse_args(arguments)
    home = (asked.home or Path(os.environ.get("WAREHOUSE_HOME") or "var")).absolute()
    os.environ["WAREHOUSE_HOME"] = str(home)
    # Said here too, since the environment outranks the configuration file.
    os.environ["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] = "false"
    os.environ["STREAMLIT_SERVER_ENABLE_AGENT_API"] = "false"

    try:
        provider = signin.settle(home)
    except signin.BadSetting as fault:
        print(fault, file=sys.stderr)
        return 2
    if provider is None and asked.host != ADDRESS:
        print(
            f"No identity provider is configured, so whoever reached {asked.host} would see the "
            f"board's figures. Nothing is served. Leave --host out to serve {ADDRESS} alone, or set "
            "WAREHOUSE_OIDC_… as docs/runbook.md says.",
            file=sys.stderr,
        )
        return 2

    listener = socket.socket(
        socket.AF_INET6 if ":" in asked.host else socket.AF_INET, socket.SOCK_STREAM
    )
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((asked.host, asked.port))
        # From here on a browser waits instead of being refused while the rest is loaded.
        listener.listen(128)
    except OSError as fault:
        print(
            f"Port {asked.port} on {asked.host} cannot be used ({fault.strerror}). "
            "Nothing is served. Choose another with --port.",
            file=sys.stderr,
        )
        return 1
    port = listener.getsockname()[1]

    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            application(provider),
            ws="websockets-sansio",
            log_level="warning",
            access_log=False,
            server_header=False,
            # Forwarded headers would let a client say where it comes from.
            proxy_headers=False,
        )
    )
    who = (
        f"People reach it at {provider.origin} and sign in at {urlsplit(provider.issuer).netloc}."
        if provider
        else "It listens on this machine alone, since no identity provider is configured."
    )
    shown = f"[{asked.host}]" if ":" in asked.host else asked.host
    print(
        f"The dashboard is at http://{shown}:{port} and reads {home}. {who} Stop it with Ctrl+C.",
        flush=True,
    )
    threading.Thread(target=_warm_up, daemon=True).start()
    server.run(sockets=[listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
