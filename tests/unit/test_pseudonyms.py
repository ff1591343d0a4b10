"""The keyed hash, against the published test vectors of RFC 4231, and the keys that are refused."""

from pathlib import Path

import pytest

from warehouse import pseudonyms
from warehouse.errors import BadConfiguration
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings

GOOD_KEY = "0f" * 32


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("WAREHOUSE_PSEUDONYM_KEY", "WAREHOUSE_PSEUDONYM_KEY_FILE", "WAREHOUSE_DEMO"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    (home / "control").mkdir(parents=True)
    return Settings(home=home, project=tmp_path)


@pytest.mark.parametrize(
    ("key", "message", "first_16_bytes"),
    [
        # RFC 4231, test cases 2, 6 and 7: HMAC-SHA-256, the first half of the published digest.
        (
            b"Jefe",
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c7",  # pragma: allowlist secret
        ),
        (
            b"\xaa" * 131,
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f",  # pragma: allowlist secret
        ),
        (
            b"\xaa" * 131,
            "This is a test using a larger than block-size key and a larger than block-size data. "
            "The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944",  # pragma: allowlist secret
        ),
    ],
)
def test_the_hash_is_hmac_sha256_cut_to_16_bytes(
    key: bytes, message: str, first_16_bytes: str
) -> None:
    assert Pseudonymiser(key).hash_all([message]) == {message: first_16_bytes}


def test_one_id_in_two_domains_has_two_keys() -> None:
    keys = Pseudonymiser(bytes(32))
    assert len({keys.hash_all(["x"], domain)["x"] for domain in ("staff", "email", "survey")}) == 3


def test_an_address_is_the_same_in_any_case_and_a_staff_number_is_not() -> None:
    keys = Pseudonymiser(bytes(32))
    addresses = keys.hash_all(["A.B@example.org", "a.b@example.org"], "email")
    numbers = keys.hash_all(["ab1", "AB1", "0ab1"])
    assert len(set(addresses.values())) == 1
    assert len(set(numbers.values())) == 3


def test_the_secret_is_not_shown_by_repr() -> None:
    assert "1f" * 4 not in repr(Pseudonymiser(bytes.fromhex("1f" * 32)))
    assert "\\x1f" not in repr(Pseudonymiser(bytes.fromhex("1f" * 32)))


def test_the_value_wins_over_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", GOOD_KEY)
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY_FILE", "/there/is/no/such/file")
    assert pseudonyms.load(settings).secret == bytes.fromhex(GOOD_KEY)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "no pseudonym key"),
        ("0f" * 31, "31 bytes"),
        ("zz" * 32, "hexadecimal"),
        ("0f0", "hexadecimal"),
    ],
)
def test_a_missing_short_or_misspelt_key_is_refused_in_words_that_do_not_repeat_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, key: str, said: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", key)
    with pytest.raises(BadConfiguration, match=said) as refused:
        pseudonyms.load(settings)
    assert refused.value.exit_code == 2
    assert not key or key not in str(refused.value)


def test_a_key_file_that_others_can_read_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text(GOOD_KEY + "\n", encoding="ascii")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY_FILE", str(path))
    path.chmod(0o640)
    with pytest.raises(BadConfiguration, match="0640"):
        pseudonyms.load(settings)
    path.chmod(0o600)
    assert pseudonyms.load(settings).secret == bytes.fromhex(GOOD_KEY)


def test_a_key_file_inside_the_home_is_refused_but_in_the_demo(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings.home / "key"
    path.write_text(GOOD_KEY, encoding="ascii")
    path.chmod(0o600)
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY_FILE", str(path))
    with pytest.raises(BadConfiguration, match="inside the home"):
        pseudonyms.load(settings)
    monkeypatch.setenv("WAREHOUSE_DEMO", "1")
    assert pseudonyms.load(settings).secret == bytes.fromhex(GOOD_KEY)


def test_a_changed_key_is_refused_and_the_former_one_still_works(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", GOOD_KEY)
    pseudonyms.load(settings)
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "1f" * 32)
    with pytest.raises(BadConfiguration, match="not the one"):
        pseudonyms.load(settings)
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", GOOD_KEY.upper())
    pseudonyms.load(settings)
    kept = (settings.control / pseudonyms.FINGERPRINT_FILE).read_text(encoding="utf-8")
    assert GOOD_KEY not in kept
