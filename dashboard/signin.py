"""Who may see which pages: what the identity provider says of a person, judged by us.

An OpenID Connect provider signs people in (`st.login`, by authorisation code with PKCE); Authlib
checks the signature and nonce of the ID token. That is not the end of it: a token with an empty
audience passes there, and neither Authlib nor Streamlit looks at the expiry again. So every run of
a page judges the token's claims anew (`judge`), and whoever it does not know for certain sees no
figure. Without a provider everyone who reaches the port sees all pages, which is why `serve.py`
then listens on the loopback interface alone.

Settings come from the environment, secrets from it or from files outside the project and the home.
They are handed to Streamlit in memory and written nowhere.
"""

from __future__ import annotations

import math
import os
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
WELL_KNOWN = "/.well-known/openid-configuration"
CALLBACK = "/oauth2callback"
SHORTEST_COOKIE_SECRET = 32  # characters: 128 bits where they are hexadecimal digits
PREFIX = "WAREHOUSE_OIDC_"


class BadSetting(Exception):
    """The provider is half configured, or in a way that would not be safe. The message says how."""


class Role(Enum):
    """What somebody may see: the board's pages, or those and the one for stewards."""

    BOARD = "board"
    STEWARD = "steward"


class Refusal(Enum):
    """Why somebody sees no figure."""

    NOT_SIGNED_IN = "not signed in"
    EXPIRED = "expired"
    SIGNED_OUT = "signed out"
    NOT_FOR_US = "not for us"
    NO_ROLE = "no role"


@dataclass(frozen=True)
class Provider:
    """An identity provider, and which of its groups hold which role.

    ``redirect_uri``: the dashboard's own address as people see it, with `/oauth2callback`.
    """

    issuer: str
    metadata_url: str
    client_id: str
    redirect_uri: str
    client_secret: str = field(repr=False)
    cookie_secret: str = field(repr=False)
    role_claim: str = "groups"
    scope: str = "openid profile"
    board: frozenset[str] = frozenset()
    steward: frozenset[str] = frozenset()

    @property
    def origin(self) -> str:
        """The dashboard's address as browsers name it: scheme, host and, where not usual, port."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}".lower()

    def for_streamlit(self) -> dict[str, Any]:
        """The settings as `streamlit.starlette.App` takes them, in memory."""
        return {
            "auth": {
                "redirect_uri": self.redirect_uri,
                "cookie_secret": self.cookie_secret,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "server_metadata_url": self.metadata_url,
                "client_kwargs": {"scope": self.scope},
            }
        }


def from_environment(home: Path, environment: Mapping[str, str]) -> Provider | None:
    """The provider that WAREHOUSE_OIDC_… describe; None where none of them is set.

    Raises BadSetting where one is missing or would not be safe. No message holds a secret.
    """
    said = {
        name.removeprefix(PREFIX): value.strip()
        for name, value in environment.items()
        if name.startswith(PREFIX) and value.strip()
    }
    if not said:
        return None
    metadata_url = said.get("METADATA_URL") or said.get("ISSUER", "").rstrip("/") + WELL_KNOWN
    issuer = said.get("ISSUER") or metadata_url.removesuffix(WELL_KNOWN)
    needed = (
        ("METADATA_URL", "ISSUER"),
        ("CLIENT_ID",),
        ("CLIENT_SECRET", "CLIENT_SECRET_FILE"),
        ("COOKIE_SECRET", "COOKIE_SECRET_FILE"),
        ("REDIRECT_URI",),
        ("BOARD", "STEWARD"),
    )
    missing = [PREFIX + names[0] for names in needed if not said.keys() & set(names)]
    if missing:
        raise BadSetting(
            f"An identity provider is half configured: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set. Nothing is served. Set what is missing, "
            f"or unset every {PREFIX}… to serve this machine alone."
        )
    if issuer == metadata_url:
        raise BadSetting(
            f"{PREFIX}METADATA_URL does not end in {WELL_KNOWN}, so who the tokens have to be from "
            f"does not follow from it. Nothing is served. Set {PREFIX}ISSUER too."
        )
    for name, address in (
        ("METADATA_URL", metadata_url), ("ISSUER", issuer), ("REDIRECT_URI", said["REDIRECT_URI"]),
    ):  # fmt: skip
        _check_address(name, address)
    if urlsplit(said["REDIRECT_URI"]).path != CALLBACK:
        raise BadSetting(
            f"{PREFIX}REDIRECT_URI must be the dashboard's own address and {CALLBACK}, with nothing "
            "between them or after. Nothing is served. Correct it here and at the provider."
        )
    cookie_secret = _secret("COOKIE_SECRET", said, home)
    if len(cookie_secret) < SHORTEST_COOKIE_SECRET:
        raise BadSetting(
            f"{PREFIX}COOKIE_SECRET is shorter than {SHORTEST_COOKIE_SECRET} characters, so a cookie "
            "could be forged. Nothing is served. Make one with: openssl rand -hex 32"
        )
    board, steward = _groups("BOARD", said), _groups("STEWARD", said)
    if not board | steward:
        raise BadSetting(
            f"{PREFIX}BOARD and {PREFIX}STEWARD name no group, so nobody could see anything. Nothing "
            "is served. Name the provider's groups, with semicolons between them."
        )
    scope = said.get("SCOPE", "openid profile")
    if "openid" not in scope.split():
        raise BadSetting(
            f"{PREFIX}SCOPE lacks 'openid', without which a provider says nothing of who signed in. "
            "Nothing is served. Add it, or unset the variable."
        )
    return Provider(
        issuer=issuer,
        metadata_url=metadata_url,
        client_id=said["CLIENT_ID"],
        client_secret=_secret("CLIENT_SECRET", said, home),
        cookie_secret=cookie_secret,
        redirect_uri=said["REDIRECT_URI"],
        role_claim=said.get("ROLE_CLAIM", "groups"),
        scope=scope,
        board=board,
        steward=steward,
    )


def _groups(name: str, said: Mapping[str, str]) -> frozenset[str]:
    # A semicolon, since the distinguished name of a directory's group holds commas.
    return frozenset(one.strip() for one in said.get(name, "").split(";") if one.strip())


def _check_address(name: str, address: str) -> None:
    """Refuse an address that is none, or over which tokens and cookies would travel in the clear."""
    parts = urlsplit(address)
    secure = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
    )
    if not (secure and parts.hostname) or parts.username or parts.query or parts.fragment:
        raise BadSetting(
            f"{PREFIX}{name} must be an address that begins with https:// (http:// on the loopback "
            "interface alone). Nothing is served. Correct it."
        )


def _secret(name: str, said: Mapping[str, str], home: Path) -> str:
    """A secret's value, else what stands in the file that …_FILE names: the value wins."""
    if name in said:
        return said[name]
    path = Path(said[f"{name}_FILE"]).expanduser().absolute()
    project = Path(__file__).resolve().parents[1]
    if any(path.resolve().is_relative_to(folder.resolve()) for folder in (home, project)):
        raise BadSetting(
            f"{PREFIX}{name}_FILE lies in the home or in the project, whose copies and backups go "
            "further than a secret may. Nothing is served. Move it out of both."
        )
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise BadSetting(
            f"The file that {PREFIX}{name}_FILE names cannot be read. Nothing is served. Correct the "
            "name, and let the dashboard's user read it."
        ) from None
    if mode & 0o077:
        raise BadSetting(
            f"The file that {PREFIX}{name}_FILE names can be read by others. Nothing is served. "
            "Set its mode to 0600."
        )
    if not text:
        raise BadSetting(
            f"The file that {PREFIX}{name}_FILE names is empty. Nothing is served. Put the secret in."
        )
    return text


@dataclass(frozen=True)
class Verdict:
    """What somebody may see: a role, or why not."""

    role: Role | None
    refusal: Refusal | None = None


class SignedOut:
    """Sign-ins that were ended before they expired: another tab or a copied cookie must not go on.

    Kept in memory: after a restart a copied cookie holds until its token expires.
    """

    def __init__(self) -> None:
        self._until: dict[tuple[str, str, str], float] = {}
        self._lock = threading.Lock()

    @staticmethod
    def _of(claims: Mapping[str, Any]) -> tuple[str, str, str]:
        # The nonce is made for one sign-in; the two others tell apart where a provider sends none.
        return (str(claims.get("sub")), str(claims.get("iat")), str(claims.get("nonce")))

    def end(self, claims: Mapping[str, Any], now: datetime) -> None:
        """Note that the sign-in of these claims has ended, and forget those that have expired."""
        with self._lock:
            moment = now.timestamp()
            self._until = {one: until for one, until in self._until.items() if until > moment}
            expiry = claims.get("exp")
            self._until[self._of(claims)] = expiry if _is_time(expiry) else moment

    def holds(self, claims: Mapping[str, Any]) -> bool:
        """Whether the sign-in of these claims has been ended."""
        with self._lock:
            return self._of(claims) in self._until


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def judge(
    claims: Mapping[str, Any], provider: Provider, now: datetime, ended: SignedOut | None = None
) -> Verdict:
    """What the claims of an ID token entitle to, by the provider's settings. Whatever is missing,
    of another kind than it should be, or not known, entitles to nothing.

    claims: as the cookie that Streamlit signed holds them; `is_logged_in` among them. now: with its
    zone. Rules: OpenID Connect Core 1.0, 3.1.3.7, without leeway for the clock.
    """
    if claims.get("is_logged_in") is not True:
        return Verdict(None, Refusal.NOT_SIGNED_IN)
    subject = claims.get("sub")
    if not (isinstance(subject, str) and subject) or not _same_issuer(claims, provider):
        return Verdict(None, Refusal.NOT_FOR_US)
    if not _made_out_to(claims, provider.client_id):
        return Verdict(None, Refusal.NOT_FOR_US)
    expiry = claims.get("exp")
    if not _is_time(expiry):
        return Verdict(None, Refusal.NOT_FOR_US)
    if now.timestamp() >= expiry:
        return Verdict(None, Refusal.EXPIRED)
    if ended is not None and ended.holds(claims):
        return Verdict(None, Refusal.SIGNED_OUT)
    held = _values(claims.get(provider.role_claim))
    if held & provider.steward:
        return Verdict(Role.STEWARD)
    if held & provider.board:
        return Verdict(Role.BOARD)
    return Verdict(None, Refusal.NO_ROLE)


def _same_issuer(claims: Mapping[str, Any], provider: Provider) -> bool:
    issuer = claims.get("iss")
    # Discovery takes a closing slash off before it puts the well-known path on.
    return isinstance(issuer, str) and issuer.rstrip("/") == provider.issuer.rstrip("/")


def _made_out_to(claims: Mapping[str, Any], client_id: str) -> bool:
    """Whether the audience names us, and whoever else it names, that we are the authorised party."""
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or client_id not in named:
        return False
    if any(not isinstance(one, str) for one in named):
        return False
    party = claims.get("azp")
    return party == client_id or (party is None and len(named) == 1)


def _values(claim: object) -> frozenset[str]:
    """The strings of a claim that is one or a list of them; none of anything else."""
    if isinstance(claim, str):
        return frozenset({claim})
    if isinstance(claim, list):
        return frozenset(one for one in claim if isinstance(one, str))
    return frozenset()


@dataclass(frozen=True)
class _Settled:
    provider: Provider | None


_settled: list[_Settled] = []
signed_out = SignedOut()


def settle(home: Path) -> Provider | None:
    """Read the settings once, and take the secrets out of this process's environment."""
    provider = from_environment(home, os.environ)
    for name in ("CLIENT_SECRET", "COOKIE_SECRET"):
        os.environ.pop(PREFIX + name, None)
    _settled[:] = [_Settled(provider)]
    return provider


def current() -> Provider | None:
    """The provider that was settled on; where nobody settled anything, what the environment says."""
    if _settled:
        return _settled[0].provider
    return from_environment(Path(os.environ.get("WAREHOUSE_HOME") or "var"), os.environ)


def verdict(claims: Mapping[str, Any]) -> Verdict:
    """What the person of these claims may see now. Without a provider: everything, on this machine."""
    provider = current()
    if provider is None:
        return Verdict(Role.STEWARD)
    return judge(claims, provider, datetime.now(UTC), signed_out)
