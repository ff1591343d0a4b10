"""Which rows are those of somebody who was purged, as conditions in SQL.

A purge takes out what was known of a person's service up to a day, and not the person for ever: who
is taken on again under the same number is there again. So a row goes where the day that it speaks of
(``rowsDatedBy`` in its contract) is no later than the person's last day in post, or where its file
speaks for a day by which the purge knew of no later service.
"""

from collections.abc import Iterable, Mapping

from warehouse.contracts import Column, Contract
from warehouse.ingest.judging import literal, quoted
from warehouse.pseudonyms import EMAIL_DOMAIN, STAFF_DOMAIN
from warehouse.tombstones import Purged


def columns(contract: Contract) -> list[Column]:
    """The ids that a purge goes by: of the staff domain, where there is none of e-mail addresses.

    An address is given to the next person of that name, so beside a staff key it says nothing.
    """
    ids = [column for column in contract.kept_columns if column.privacy == "id"]
    for domain in (STAFF_DOMAIN, EMAIL_DOMAIN):
        if found := [column for column in ids if column.id_domain == domain]:
            return found
    return []


def day_of(contract: Contract) -> str | None:
    """The quoted lake name of the column that says which service a row speaks of, if there is one."""
    return quoted(contract.column(contract.dated_by).lake_name) if contract.dated_by else None


def theirs(
    names: Iterable[str], purged: Mapping[str, Purged], *, day: str | None, as_of: str | None
) -> str:
    """A condition that is true of a purged person's row, else false; never null.

    names: columns with keys. ``day``, ``as_of``: SQL for the day that the row and that its file
    speaks of. With neither, every row with a key goes.
    """
    keys = ", ".join(quoted(name) for name in names)
    if not keys or not purged:
        return "false"
    values = ", ".join(
        f"({literal(key)}, date '{one.last_day}', date '{one.known_until}')"
        for key, one in sorted(purged.items())
    )
    return (
        f"exists (select 1 from (values {values}) as purged (key, last_day, known_until) "
        f"where purged.key in ({keys}) and {is_past(day, as_of)})"
    )


def is_past(day: str | None, as_of: str | None) -> str:
    """Whether a row is of a service that was purged, by the columns of a relation ``purged``."""
    bounds = [
        f"coalesce({value} <= purged.{bound}, false)"
        for value, bound in ((day, "last_day"), (as_of, "known_until"))
        if value
    ]
    return f"({' or '.join(bounds)})" if bounds else "true"
