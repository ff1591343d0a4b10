"""Alerts as they arrive: a web server and a mail server on loopback say what came over the wire."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BufferedRWPair
from ipaddress import ip_address
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import (
    BasicConstraints,
    CertificateBuilder,
    DNSName,
    GeneralName,
    IPAddress,
    Name,
    NameAttribute,
    SubjectAlternativeName,
    random_serial_number,
)
from cryptography.x509.oid import NameOID

from warehouse import alerts, nightly
from warehouse.alerts import Alert, Channels
from warehouse.errors import BadConfiguration, CouldNotFinish
from warehouse.settings import Settings

ALERT = Alert("ingest_hr has failed", "The disk is full.", {"dag": "ingest_hr"})
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that the caller's environment names has nothing to do with loopback."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@dataclass
class Hook:
    """A web server that takes alerts, and what it was sent."""

    url: str
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            hook.got.append(json.loads(body))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep the tests' own output clean."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.url = f"http://127.0.0.1:{server.server_port}/services/T0KEN"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield hook
        server.shutdown()
        thread.join()


@dataclass
class Post:
    """A mail server that takes anything, and the messages that it was given.

    tls: with it STARTTLS is offered, or TLS spoken from the first byte on. in_tls: for each message
    whether it came over TLS.
    """

    port: int
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    recipients: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    in_tls: list[bool] = field(default_factory=list)


def _take_mail(connection: socket.socket, post: Post) -> None:
    with contextlib.ExitStack() as open_ends:

        def opened(end: socket.socket) -> BufferedRWPair:
            open_ends.enter_context(end)
            return open_ends.enter_context(end.makefile("rwb"))

        def in_tls() -> socket.socket:
            assert post.tls is not None
            return post.tls.wrap_socket(connection, server_side=True)

        secured = post.implicit
        wire = opened(in_tls() if secured else connection)

        def answer(line: str) -> None:
            wire.write(line.encode() + b"\r\n")
            wire.flush()

        def lines() -> Iterator[str]:
            while line := wire.readline():
                yield line.decode().rstrip("\r\n")

        answer("220 loopback")
        for line in lines():
            word = line.split(":")[0].upper()
            if word == "RCPT TO":
                post.recipients.append(line.split("<")[1].split(">")[0])
            if word == "DATA":
                answer("354 go on")
                text = "\n".join(takewhile(lambda one: one != ".", lines()))
                post.messages.append(message_from_string(text))
                post.in_tls.append(secured)
            if word.startswith("EHLO") and post.tls and not secured:
                answer("250-loopback\r\n250 STARTTLS")
            elif word == "STARTTLS":
                answer("220 begin")
                wire, secured = opened(in_tls()), True
            else:
                answer("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                return


@pytest.fixture
def post() -> Iterator[Post]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        post = Post(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                # A client that turns away from the certificate ends the connection as it pleases.
                with contextlib.suppress(OSError):
                    _take_mail(connection, post)

        threading.Thread(target=serve, daemon=True).start()
        yield post
        listener.shutdown(socket.SHUT_RDWR)


@dataclass
class Certificate:
    """A certificate that signs itself, and its private key, in one PEM file."""

    file: Path

    @property
    def for_a_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


def certificate(folder: Path, name: GeneralName, *, until: timedelta) -> Certificate:
    """A certificate made out to `name`, good from two days ago to `until` from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = Name([NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    made = (
        CertificateBuilder(subject, subject, key.public_key(), random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + until)
        .add_extension(SubjectAlternativeName([name]), critical=False)
        .add_extension(BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "loopback.crt"
    file.write_bytes(
        made.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return Certificate(file)


LOOPBACK = IPAddress(ip_address("127.0.0.1"))
A_DAY = timedelta(days=1)


def by_mail(post: Post) -> Channels:
    return Channels(
        mail_to=("steward@example.org", "analyst@example.org"),
        mail_from="warehouse@example.org",
        smtp_host="127.0.0.1",
        smtp_port=post.port,
    )


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_webhook_gets_the_text_that_chat_services_show_and_the_facts_beside_it(
    hook: Hook,
) -> None:
    assert alerts.send(ALERT, Channels(webhook=hook.url)) == ("webhook",)
    assert hook.got == [
        {
            "text": "ingest_hr has failed\n\nThe disk is full.\n\ndag: ingest_hr",
            "subject": "ingest_hr has failed",
            "dag": "ingest_hr",
        }
    ]


def test_mail_goes_to_every_address_with_the_failure_in_its_subject(post: Post) -> None:
    assert alerts.send(ALERT, by_mail(post)) == ("mail",)
    (message,) = post.messages
    assert post.recipients == ["steward@example.org", "analyst@example.org"]
    assert message["Subject"] == "[warehouse] ingest_hr has failed"
    assert message["From"] == "warehouse@example.org"
    assert "The disk is full." in str(message.get_payload())


@pytest.mark.parametrize(
    ("tls", "came_in_tls"),
    [("offered", True), ("starttls", True), ("implicit", True), ("never", False)],
)
def test_mail_goes_over_tls_as_the_setting_says_where_the_certificate_is_trusted(
    tls: str, came_in_tls: bool, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trusted as an authority of one's own is: SSL_CERT_FILE, which OpenSSL itself reads."""
    made = certificate(tmp_path, LOOPBACK, until=A_DAY)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    post.tls, post.implicit = made.for_a_server, tls == "implicit"
    assert alerts.send(ALERT, replace(by_mail(post), smtp_tls=tls)) == ("mail",)
    assert post.in_tls == [came_in_tls]
    assert post.messages[0]["Subject"] == "[warehouse] ingest_hr has failed"


@pytest.mark.parametrize("tls", ["offered", "starttls", "implicit"])
@pytest.mark.parametrize(
    ("trusted", "name", "until", "why"),
    [
        (False, LOOPBACK, A_DAY, "self-signed certificate"),
        (True, LOOPBACK, -A_DAY, "certificate has expired"),
        (True, DNSName("relay.example.org"), A_DAY, "IP address mismatch"),
    ],
)
def test_a_relay_whose_certificate_is_not_good_gets_no_mail_and_the_other_channel_does(
    tls: str,
    trusted: bool,
    name: GeneralName,
    until: timedelta,
    why: str,
    hook: Hook,
    post: Post,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unknown, out of date or made out to another: verified unasked, and told in one sentence."""
    made = certificate(tmp_path, name, until=until)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    post.tls, post.implicit = made.for_a_server, tls == "implicit"
    said: list[str] = []
    both = replace(by_mail(post), smtp_tls=tls, webhook=hook.url)
    assert alerts.send(ALERT, both, said.append) == ("webhook",)
    assert said == [f"Alert: the mail did not take it (its certificate is not good: {why})."]
    assert post.messages == []


def test_a_relay_without_tls_gets_no_mail_where_tls_is_asked_for(post: Post) -> None:
    with pytest.raises(CouldNotFinish, match="does not offer the TLS that WAREHOUSE_SMTP_TLS asks"):
        alerts.send(ALERT, replace(by_mail(post), smtp_tls="starttls"))
    assert post.messages == []


def test_one_channel_that_is_down_is_said_and_does_not_stop_the_other(
    hook: Hook, post: Post
) -> None:
    hook.status = 500
    said: list[str] = []
    both = replace(by_mail(post), webhook=hook.url)
    assert alerts.send(ALERT, both, said.append) == ("mail",)
    assert said == ["Alert: the webhook did not take it (HTTP status 500)."]
    assert len(post.messages) == 1


def test_where_no_channel_takes_an_alert_the_refusal_says_so_without_the_address() -> None:
    """A webhook's address holds a token: whoever reads the log must not be able to post."""
    nobody = Channels(webhook=f"http://127.0.0.1:{closed_port()}/services/T0KEN")
    with pytest.raises(CouldNotFinish) as refused:
        alerts.send(ALERT, nobody)
    assert "the webhook did not take it (ConnectionRefusedError)" in str(refused.value)
    assert "T0KEN" not in str(refused.value)
    assert "T0KEN" not in repr(nobody)


def test_with_no_channel_an_alert_stands_in_the_log_alone() -> None:
    said: list[str] = []
    assert alerts.send(ALERT, Channels(), said.append) == ()
    assert said == ["Alert, for the log alone since no channel is set: ingest_hr has failed"]


def test_channels_come_from_the_environment() -> None:
    environment = {
        "WAREHOUSE_ALERT_WEBHOOK": "https://chat.example.org/hook",
        "WAREHOUSE_ALERT_MAIL_TO": "a@example.org, b@example.org,",
        "WAREHOUSE_ALERT_MAIL_FROM": "w@example.org",
        "WAREHOUSE_SMTP_HOST": "relay",
        "WAREHOUSE_SMTP_PORT": "587",
        "WAREHOUSE_SMTP_TLS": "starttls",
    }
    assert alerts.channels(environment) == Channels(
        "https://chat.example.org/hook",
        ("a@example.org", "b@example.org"),
        "w@example.org",
        "relay",
        587,
        "starttls",
    )
    assert alerts.channels({}) == Channels()
    assert alerts.channels({}).names == ()
    assert alerts.channels({"WAREHOUSE_SMTP_TLS": "implicit"}).smtp_port == 465


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"WAREHOUSE_ALERT_WEBHOOK": "file:///etc/passwd"}, "WAREHOUSE_ALERT_WEBHOOK"),
        ({"WAREHOUSE_ALERT_WEBHOOK": "https://"}, "WAREHOUSE_ALERT_WEBHOOK"),
        ({"WAREHOUSE_ALERT_MAIL_TO": "a@example.org"}, "WAREHOUSE_SMTP_HOST"),
        ({"WAREHOUSE_SMTP_PORT": "smtp"}, "WAREHOUSE_SMTP_PORT"),
        ({"WAREHOUSE_SMTP_PORT": "70000"}, "WAREHOUSE_SMTP_PORT"),
        ({"WAREHOUSE_SMTP_TLS": "yes"}, "WAREHOUSE_SMTP_TLS must be one of offered, starttls"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(
    environment: dict[str, str], named: str
) -> None:
    with pytest.raises(BadConfiguration, match=named):
        alerts.channels(environment)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", project=Path(__file__).parents[2])


def last_good(settings: Settings, hours_before_noon: float) -> None:
    """As the night writes it: the last run failed, and this long before noon one ended well."""
    settings.published.mkdir(parents=True, exist_ok=True)
    moment = (NOON - timedelta(hours=hours_before_noon)).isoformat()
    (settings.published / nightly.LAST_NIGHT).write_text(
        json.dumps({"status": "failed", "last_good_at": moment}), encoding="utf-8"
    )


def test_a_run_that_ended_well_36_hours_ago_is_not_stale(settings: Settings, hook: Hook) -> None:
    last_good(settings, 36)
    ended = alerts.alert_when_stale(settings, now=NOON, to=Channels(webhook=hook.url))
    assert (ended.status, ended.exit_code, hook.got) == ("fresh", 0, [])


def test_staleness_is_told_once_for_each_episode(settings: Settings, hook: Hook) -> None:
    """Three checks of one episode, a good run, and a second episode: two alerts."""
    to = Channels(webhook=hook.url)
    last_good(settings, 36.1)
    ends = [
        alerts.alert_when_stale(settings, now=NOON + timedelta(hours=hour), to=to).status
        for hour in range(3)
    ]
    assert ends == ["stale_alerted", "stale_known", "stale_known"]
    last_good(settings, 1)
    assert alerts.alert_when_stale(settings, now=NOON, to=to).status == "fresh"
    later = NOON + timedelta(hours=40)
    assert alerts.alert_when_stale(settings, now=later, to=to).status == "stale_alerted"
    assert [alert["last_good_at"] for alert in hook.got] == [
        "2026-03-08T23:54:00+00:00",
        "2026-03-10T11:00:00+00:00",
    ]


def test_a_home_in_which_nothing_has_ever_ended_well_is_told_once(
    settings: Settings, hook: Hook
) -> None:
    to = Channels(webhook=hook.url)
    ends = [alerts.alert_when_stale(settings, now=NOON, to=to).status for _ in range(2)]
    assert ends == ["stale_alerted", "stale_known"]
    assert "No run has ended well yet." in hook.got[0]["text"]


def test_an_alert_that_nobody_took_is_sent_again_at_the_next_check(
    settings: Settings, hook: Hook
) -> None:
    last_good(settings, 48)
    hook.status = 503
    with pytest.raises(CouldNotFinish):
        alerts.alert_when_stale(settings, now=NOON, to=Channels(webhook=hook.url))
    hook.status = 200
    ended = alerts.alert_when_stale(settings, now=NOON, to=Channels(webhook=hook.url))
    assert ended.status == "stale_alerted"
    assert len(hook.got) == 2
