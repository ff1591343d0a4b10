"""The only place where an employee id becomes a staff_key.

Keyed hash: the first 16 bytes, as hex, of HMAC-SHA-256 over the UTF-8 of the stripped value. The
key is kept apart from the data, so that a copy of the one says nothing without the other.
"""

import hashlib
import hmac
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.errors import BadConfiguration
from warehouse.files import write_text_atomically
from warehouse.settings import Settings

SHORTEST_KEY_BYTES = 32
FINGERPRINT_FILE = "key_fingerprint.json"
STAFF_DOMAIN = "staff"
EMAIL_DOMAIN = "email"
# The domains that hash the HR system's number of a person, and no other kind of id.
EMPLOYEE_DOMAINS = (STAFF_DOMAIN, "survey")

_HOW_TO_MAKE_A_KEY = (
    'Make one with: python -c "import secrets; print(secrets.token_hex(32))", keep it in a file of '
    "mode 0600 outside the home, and name that file in WAREHOUSE_PSEUDONYM_KEY_FILE."
)


@dataclass(frozen=True)
class Pseudonymiser:
    """Turns ids into keys. The secret is never shown by ``repr`` and never handed to SQL."""

    secret: bytes = field(repr=False)

    def key_for_domain(self, domain: str) -> bytes:
        """Staff ids use the secret itself; every other domain a key derived from it by its name.

        With keys of their own, a hashed e-mail or survey id can't be joined to a hashed staff id.
        """
        if domain == STAFF_DOMAIN:
            return self.secret
        return hmac.new(self.secret, domain.encode(), hashlib.sha256).digest()

    def hash_all(self, values: Iterable[str], domain: str = STAFF_DOMAIN) -> dict[str, str]:
        """{value: 32 hex characters} for stripped, non-empty values of one domain."""
        keyed = hmac.new(self.key_for_domain(domain), digestmod=hashlib.sha256)
        result = {}
        for value in values:
            one = keyed.copy()
            one.update(_canonical(value, domain).encode("utf-8", "surrogatepass"))
            result[value] = one.digest()[:16].hex()
        return result

    def fingerprint(self) -> str:
        """Tells one key from another and gives nothing of it away."""
        return hmac.new(self.secret, b"fingerprint", hashlib.sha256).hexdigest()[:32]


def _canonical(value: str, domain: str) -> str:
    # Mail systems change the case of an address at will; staff numbers are left as they are.
    return value.lower() if domain == EMAIL_DOMAIN else value


def load(settings: Settings, *, only_read: bool = False) -> Pseudonymiser:
    """The pseudonymiser for this home; ``only_read``: without noting the key of a home's first run.

    Reads WAREHOUSE_PSEUDONYM_KEY, else the file that WAREHOUSE_PSEUDONYM_KEY_FILE names. Raises
    BadConfiguration when the key is missing, too short, readable by others, kept beside the data,
    or another one than this home was filled with.
    """
    secret = _parse(_key_text(settings))
    pseudonymiser = Pseudonymiser(secret)
    _check_fingerprint(settings, pseudonymiser, only_read)
    return pseudonymiser


def _key_text(settings: Settings) -> str:
    value = os.environ.get("WAREHOUSE_PSEUDONYM_KEY", "").strip()
    if value:
        return value
    named = os.environ.get("WAREHOUSE_PSEUDONYM_KEY_FILE", "").strip()
    if not named:
        raise BadConfiguration(
            f"There is no pseudonym key, so nothing was read. {_HOW_TO_MAKE_A_KEY}"
        )
    return _read_key_file(Path(named).expanduser(), settings.home)


def _read_key_file(path: Path, home: Path) -> str:
    in_demo = os.environ.get("WAREHOUSE_DEMO") == "1"
    if not in_demo and path.resolve().is_relative_to(home.resolve()):
        raise BadConfiguration(
            "The pseudonym key file lies inside the home, where one backup would hold both key and "
            "data. Move it elsewhere and change WAREHOUSE_PSEUDONYM_KEY_FILE."
        )
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise BadConfiguration(
            f"The pseudonym key file cannot be read ({error.strerror}). "
            "Correct WAREHOUSE_PSEUDONYM_KEY_FILE or the file's owner."
        ) from None
    if mode & 0o077:
        raise BadConfiguration(
            f"The pseudonym key file has mode {mode:04o}, so others can read it. Run: chmod 600 on it."
        )
    return text


def _parse(text: str) -> bytes:
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", text):
        raise BadConfiguration(
            f"The pseudonym key is not written in pairs of hexadecimal digits. {_HOW_TO_MAKE_A_KEY}"
        )
    secret = bytes.fromhex(text)
    if len(secret) < SHORTEST_KEY_BYTES:
        raise BadConfiguration(
            f"The pseudonym key has {len(secret)} bytes and needs at least {SHORTEST_KEY_BYTES} "
            f"({2 * SHORTEST_KEY_BYTES} hexadecimal digits). {_HOW_TO_MAKE_A_KEY}"
        )
    return secret


def _check_fingerprint(settings: Settings, pseudonymiser: Pseudonymiser, only_read: bool) -> None:
    """A changed key would split every person in two without a word, so it is refused."""
    path = settings.control / FINGERPRINT_FILE
    ours = pseudonymiser.fingerprint()
    if not path.exists():
        if only_read:
            return
        write_text_atomically(path, json.dumps({"fingerprint": ours}) + "\n")
        return
    if json.loads(path.read_text(encoding="utf-8")).get("fingerprint") != ours:
        raise BadConfiguration(
            "The pseudonym key is not the one that this home was filled with: every person would "
            "appear twice. Put the former key back. To start afresh with a new key, use a new home "
            "and land all files there again."
        )
