"""Tell a person that something needs them: by mail, by webhook, and in the log whatever happens.

An alert says what failed, where to look and what still stands. It is put together from names of
our own and from sentences that were written for people: never from a row, a file's content or the
text of an unexpected error, any of which could name a person.

Settings, all from the environment and all optional: ``WAREHOUSE_ALERT_WEBHOOK`` (an http or https
address that takes a POST of JSON), ``WAREHOUSE_ALERT_MAIL_TO`` (addresses with commas between),
``WAREHOUSE_ALERT_MAIL_FROM``, ``WAREHOUSE_SMTP_HOST``, ``WAREHOUSE_SMTP_TLS`` (one of ``TLS``;
``offered``) and ``WAREHOUSE_SMTP_PORT`` (25; 465 where TLS is ``implicit``). Standard library only.
"""

import http.client
import json
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from warehouse import nightly
from warehouse.errors import BadConfiguration, CouldNotFinish, from_os_error
from warehouse.files import write_text_atomically
from warehouse.nightly import Outcome, Say, silent
from warehouse.settings import Settings
from warehouse.settings import load as load_settings

SMTP_PORT = 25
SMTP_PORT_OF_IMPLICIT_TLS = 465
# How the relay is spoken to: with TLS where it offers that (STARTTLS), never without it, with TLS
# from the first byte on, or always in clear. Wherever there is TLS, the certificate is verified.
TLS = ("offered", "starttls", "implicit", "never")
# A channel that does not answer must not hold up the task that has failed.
TIMEOUT_SECONDS = 15.0
# Which episode of staleness has been told; in control/, so that a restart does not tell it again.
STALE_TOLD = "stale_told.json"
NEVER = "never"


@dataclass(frozen=True)
class Channels:
    """Where alerts go; empty where nothing is set, and then the log is the only place."""

    webhook: str = field(default="", repr=False)  # such an address often holds a token
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = SMTP_PORT
    smtp_tls: str = TLS[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are set: ``webhook``, ``mail``, both or none."""
        return tuple(
            name for name, is_set in (("webhook", self.webhook), ("mail", self.mail_to)) if is_set
        )


@dataclass(frozen=True)
class Alert:
    """A subject of one line, a sentence or two, and a few facts of our own beside them."""

    subject: str
    sentence: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole alert as a person reads it."""
        facts = "\n".join(f"{name}: {value}" for name, value in self.facts.items())
        return f"{self.subject}\n\n{self.sentence}" + (f"\n\n{facts}" if facts else "")


def channels(environment: Mapping[str, str] = os.environ) -> Channels:
    """The channels that the environment sets.

    Raises BadConfiguration where mail is half set, or an address, port or word for TLS is none.
    """
    webhook = environment.get("WAREHOUSE_ALERT_WEBHOOK", "").strip()
    if webhook and (urlsplit(webhook).scheme not in ("http", "https") or not _host(webhook)):
        raise BadConfiguration(
            "WAREHOUSE_ALERT_WEBHOOK is not an http or https address. Correct it or unset it."
        )
    mail_to = tuple(
        one.strip()
        for one in environment.get("WAREHOUSE_ALERT_MAIL_TO", "").split(",")
        if one.strip()
    )
    mail_from = environment.get("WAREHOUSE_ALERT_MAIL_FROM", "").strip()
    smtp_host = environment.get("WAREHOUSE_SMTP_HOST", "").strip()
    if mail_to and not (mail_from and smtp_host):
        raise BadConfiguration(
            "WAREHOUSE_ALERT_MAIL_TO is set, but WAREHOUSE_ALERT_MAIL_FROM or WAREHOUSE_SMTP_HOST "
            "is not. Set all three, or unset the first."
        )
    tls = environment.get("WAREHOUSE_SMTP_TLS", "").strip() or TLS[0]
    if tls not in TLS:
        raise BadConfiguration(
            f"WAREHOUSE_SMTP_TLS must be one of {', '.join(TLS)}. Correct it or unset it."
        )
    usual = SMTP_PORT_OF_IMPLICIT_TLS if tls == "implicit" else SMTP_PORT
    port = environment.get("WAREHOUSE_SMTP_PORT", "").strip() or str(usual)
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadConfiguration(
            "WAREHOUSE_SMTP_PORT must be a number from 1 to 65535. Correct it or unset it."
        )
    return Channels(webhook, mail_to, mail_from, smtp_host, int(port), tls)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def send(alert: Alert, to: Channels | None = None, say: Say = silent) -> tuple[str, ...]:
    """Send an alert over every channel that is set; returns the names of those that took it.

    One channel that fails is said and does not stop the other. Raises CouldNotFinish where
    channels are set and none of them took it, BadConfiguration where a setting is wrong.
    """
    to = channels() if to is None else to
    took, failed = [], []
    for name in to.names:
        try:
            if name == "webhook":
                _post(alert, to)
            else:
                _mail(alert, to)
        except (OSError, smtplib.SMTPException, http.client.HTTPException, ValueError) as error:
            # The error's own text may hold the webhook's address, and with it a token.
            failed.append(f"the {name} did not take it ({_kind(error)})")
        else:
            took.append(name)
    for sentence in failed:
        say(f"Alert: {sentence}.")
    if failed and not took:
        raise CouldNotFinish(
            f"An alert could not be sent: {' and '.join(failed)}. Check WAREHOUSE_ALERT_WEBHOOK "
            f"and WAREHOUSE_SMTP_HOST (docs/runbook.md, Alerts). It would have said: {alert.subject}"
        )
    if not to.names:
        say(f"Alert, for the log alone since no channel is set: {alert.subject}")
    return tuple(took)


def _kind(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    reason = getattr(error, "reason", None)
    cause = reason if isinstance(reason, Exception) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        # Behind a comma OpenSSL names the host, which is a part of the webhook's address.
        return f"its certificate is not good: {cause.verify_message.split(',')[0]}"
    if isinstance(cause, smtplib.SMTPNotSupportedError):
        return "it does not offer the TLS that WAREHOUSE_SMTP_TLS asks for"
    return type(cause).__name__


def _post(alert: Alert, to: Channels) -> None:
    # `text` is the field that chat services show; the facts stand beside it for everything else.
    body = {"text": alert.text, "subject": alert.subject, **alert.facts}
    request = urllib.request.Request(  # noqa: S310  (http and https alone get through `channels`)
        to.webhook,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        answer.read(1)


def _mail(alert: Alert, to: Channels) -> None:
    message = EmailMessage()
    message["Subject"] = f"[warehouse] {alert.subject}"
    message["From"] = to.mail_from
    message["To"] = ", ".join(to.mail_to)
    message.set_content(alert.text + "\n")
    with _relay(to) as server:
        server.ehlo()
        if to.smtp_tls == "starttls" or (to.smtp_tls == "offered" and server.has_extn("starttls")):
            server.starttls(context=ssl.create_default_context())
        server.send_message(message)


def _relay(to: Channels) -> smtplib.SMTP:
    if to.smtp_tls == "implicit":
        return smtplib.SMTP_SSL(
            to.smtp_host,
            to.smtp_port,
            timeout=TIMEOUT_SECONDS,
            context=ssl.create_default_context(),
        )
    return smtplib.SMTP(to.smtp_host, to.smtp_port, timeout=TIMEOUT_SECONDS)


def alert_when_stale(
    settings: Settings | None = None,
    say: Say = silent,
    *,
    now: datetime | None = None,
    to: Channels | None = None,
) -> Outcome:
    """Alert where no run has ended well for too long: once for each episode of staleness.

    An episode is known by the moment at which a run last ended well, so it is over as soon as
    another one does. ``now``: an instant with its zone (default: the clock's). Status ``fresh``,
    ``stale_alerted`` or ``stale_known``. Raises CouldNotFinish where no channel took the alert;
    the next check then tries again.
    """
    settings = settings or load_settings()
    last_good = nightly.read_last_night(settings).get("last_good_at")
    if last_good is not None:
        age = (now or datetime.now(UTC)) - datetime.fromisoformat(last_good)
        hours = age.total_seconds() / 3600
        if hours <= settings.stale_after_hours:
            return Outcome("fresh", messages=(f"The last good run ended {hours:.0f} hours ago.",))
    told = settings.control / STALE_TOLD
    episode = last_good or NEVER
    since = f"since {last_good}" if last_good else "yet"
    sentence = f"No run has ended well {since}."
    if _told(told) == episode:
        return Outcome("stale_known", messages=(f"{sentence} This has been told before.",))
    alert = Alert(
        subject="The figures are stale",
        sentence=(
            f"{sentence} Anything over {settings.stale_after_hours:g} hours is stale. The last good "
            "version still stands, and the dashboard says how old it is. Run: warehouse status."
        ),
        facts={"last_good_at": episode},
    )
    send(alert, to, say)
    try:
        write_text_atomically(told, json.dumps({"last_good_at": episode}) + "\n")
    except OSError as error:
        raise from_os_error(error, settings.home) from None
    return Outcome("stale_alerted", exit_code=nightly.PROBLEMS_EXIT_CODE, messages=(sentence,))


def _told(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["last_good_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
