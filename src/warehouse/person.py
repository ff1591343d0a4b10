"""One person, as the keyed hashes under which they stand in the warehouse."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from warehouse.contracts import Column, Registry
from warehouse.errors import BadConfiguration
from warehouse.pseudonyms import EMAIL_DOMAIN, EMPLOYEE_DOMAINS, STAFF_DOMAIN, Pseudonymiser
from warehouse.texts import WHITE_SPACE

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Person:
    """``staff_key``: their key in the staff domain. ``keys``: those of every domain."""

    staff_key: str
    keys: frozenset[str]
    _pseudonymiser: Pseudonymiser = field(repr=False)

    def with_keys(self, more: Iterable[str]) -> "Person":
        """The same person, known under more keys: those of their e-mail addresses."""
        return replace(self, keys=self.keys | frozenset(more))

    def key_in(self, column: Column, text: str) -> str | None:
        """The keyed hash of a landing value of an id column; None where it is empty."""
        value = _written(column, text)
        return _hashed(self._pseudonymiser, column.id_domain, value) if value else None

    def is_named_by(self, text: str) -> bool:
        """Whether a text of an unknown kind is an id or an e-mail address of theirs."""
        return self._has(text, STAFF_DOMAIN, EMAIL_DOMAIN)

    def has_address(self, text: str) -> bool:
        """Whether a text is an e-mail address of theirs."""
        return self._has(text, EMAIL_DOMAIN)

    def _has(self, text: str, *domains: str) -> bool:
        value = text.strip(WHITE_SPACE)
        return bool(value) and any(
            _hashed(self._pseudonymiser, domain, value) in self.keys for domain in domains
        )


def known_by(employee_id: str, registry: Registry, pseudonymiser: Pseudonymiser) -> Person:
    """The person whom the HR system knows by this number, in every domain that hashes it.

    Raises BadConfiguration for an empty number. Their e-mail addresses cannot be told from the
    number; see ``email_keys``.
    """
    value = employee_id.strip(WHITE_SPACE)
    if not value:
        raise BadConfiguration(
            "No employee id came in on standard input. Write it there, alone on one line."
        )
    keys = {
        _hashed(pseudonymiser, column.id_domain, written)
        for contract in registry.values()
        for column in contract.kept_columns
        if column.id_domain in EMPLOYEE_DOMAINS and (written := _written(column, value))
    }
    number = registry["hr_staff"].column("employee_id")
    staff_key = _hashed(pseudonymiser, STAFF_DOMAIN, _written(number, value) or value)
    return Person(staff_key, frozenset({*keys, staff_key}), pseudonymiser)


def _written(column: Column, text: str) -> str:
    """An id as it is hashed: without outer white space, and as the source's configuration has it."""
    value = text.strip(WHITE_SPACE)
    return column.normaliser.apply(value) if column.normaliser else value


def email_keys(
    connection: "duckdb.DuckDBPyConnection", batches: Iterable[str], person: Person
) -> frozenset[str]:
    """The keys of the addresses that hr_staff batches give this person and nobody else.

    batches: paths. An address that two people share is not one person's to take away.
    """
    paths = list(batches)
    if not paths:
        return frozenset()
    found = connection.execute(
        """
        select email_key from read_parquet($paths, union_by_name = true)
        where email_key is not null
        group by email_key
        having bool_and(list_contains($keys, staff_key))
        """,
        {"paths": paths, "keys": sorted(person.keys)},
    ).fetchall()
    return frozenset(key for (key,) in found)


@lru_cache(maxsize=200_000)
def _hashed(pseudonymiser: Pseudonymiser, domain: str, value: str) -> str:
    return pseudonymiser.hash_all([value], domain)[value]
