"""The registry of sources, read from ``expectations/contracts/*.yaml``.

A source's columns, types, rules, privacy classes and aliases are written there once, in the Open
Data Contract Standard. What this project needs beyond the standard stands in its
``customProperties``:

on a contract
    ``family``: the group of sources that one DAG takes in. ``kind``: ``snapshot`` (the whole state
    on one day) or ``records`` (statements; the latest about a key stands). ``mayBeSynthetic``: false
    where no ``synthetic`` column is allowed. ``keyHolds: release``: files never replace each other's rows.
    ``reader``: which module takes such a file apart; ``table`` (a header and rows) where none is named,
    ``none`` where nothing of it ever lands: the warehouse writes it itself (``kind: closed``).
    ``rowsDatedBy``: the date column that says of which spell of service a row speaks; see ``purge``.
    ``itemsFrom: instruments``: the answer columns q1, q2, … are those of the configured instruments.
on a column
    ``storedAs``: the lake's name for it. ``idDomain``: the domain an id is hashed in.
    ``onErasure: blank``: the row is about something else and only names the person, so that erasing
    them empties this id and keeps the row; without it the row is theirs and goes.
    ``notBefore``: one or more date columns that this date must not precede. ``notAbove``: a number
    column that this number must not exceed. ``symbols``: texts that may stand for a number.
    ``requiredWhen: {column, values}``: must be given where that column has one of these values.
    ``presentExactlyWhen: {column, values}``: the same, and must be empty anywhere else.
    ``dateFormat``: in which order a meeting's report writes day and month.
    ``allowedFrom: instruments``: the allowed texts are the names of the configured instruments.

How one council's own export differs from a contract stands in its mapping (``mappings``), which is
laid over the contract and from then on is part of it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from warehouse import instruments, mappings
from warehouse.instruments import Instrument
from warehouse.settings import Settings
from warehouse.texts import Normaliser, squeezed

# Part of every batch's identity: raise it when a change here or in ``ingest`` makes the same
# bytes and the same contract read differently, so that files still in landing are read again.
READER_VERSION = 5

# A file with more bad rows than this is rejected whole: it is more likely the wrong file, or one
# with shifted columns, than a good file with some bad rows.
MOST_BAD_SHARE = 0.20
FEWEST_BAD_ROWS = 5

ColumnType = Literal["string", "date", "timestamp", "integer", "number", "boolean"]
Privacy = Literal["keep", "id", "drop"]

# Numbers are kept exactly: a sum must not depend on the order in which rows are added up.
LAKE_TYPES: Mapping[ColumnType, str] = {
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "integer": "BIGINT",
    "number": "DECIMAL(18,9)",
    "boolean": "BOOLEAN",
}
# What every batch says of each of its rows, beside the contract's own columns.
ROW_COLUMNS: Mapping[str, str] = {
    "as_of": "DATE",
    "file_sha256": "VARCHAR",
    "line": "BIGINT",
    "row_status": "VARCHAR",
}
ROW_COLUMN_DESCRIPTIONS: Mapping[str, str] = {
    "as_of": "The day that the file speaks for.",
    "file_sha256": "SHA-256 of the file's bytes.",
    "line": "Physical line on which the row begins; the header is line 1.",
    "row_status": "good, or presence: a quarantined row with a readable key, which says only that the spell is there.",
}


@dataclass(frozen=True)
class Condition:
    """When a column must be given: where ``column`` has one of ``values``.

    ``exactly``: and it must be empty where that column has another value.
    """

    column: str
    values: tuple[str, ...]
    exactly: bool


@dataclass(frozen=True)
class Column:
    """One column of a source: its name in the file, its name in the lake, and its rules."""

    name: str
    type: ColumnType
    description: str
    required: bool = False
    privacy: Privacy = "keep"
    stored_as: str = ""
    id_domain: str = ""
    on_erasure: Literal["row", "blank"] = "row"
    aliases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    least: float | None = None
    above: float | None = None
    most: float | None = None
    not_before: tuple[str, ...] = ()
    not_above: str = ""
    condition: Condition | None = None
    # (value of another column, least, most, step): what an answer may be depends on the questionnaire;
    # least above most where it may not be given at all.
    range_by: str = ""
    ranges: tuple[tuple[str, int, int, int], ...] = ()
    symbols: tuple[str, ...] = ()
    physical_type: str = ""
    # From the mapping: the form of its dates beside YYYY-MM-DD, {theirs: ours} of its values, what
    # it holds in a file that lacks it, and how its ids are written in one way.
    date_format: str = ""
    values: tuple[tuple[str, str], ...] = ()
    constant: str = ""
    normaliser: Normaliser | None = None

    @property
    def lake_name(self) -> str:
        """The column's name in the lake."""
        return self.stored_as or self.name

    @property
    def lake_type(self) -> str:
        """The column's DuckDB type in the lake."""
        # A number that may be a symbol is kept as it was published, text for text.
        return "VARCHAR" if self.symbols else self.physical_type or LAKE_TYPES[self.type]


@dataclass(frozen=True)
class Contract:
    """One source: what arrives, and what each row means."""

    source: str
    family: str
    kind: Literal["snapshot", "records", "closed"]
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    key_holds_release: bool = False
    reader: str = "table"
    # Decides nothing about how a file is read, so it is no part of the fingerprint.
    dated_by: str = ""
    # Headings beyond the contract's that the mapping allows to be written out by name.
    known_extras: tuple[str, ...] = ()
    # A file is rejected whole where at least so many of its rows, and more than this share, are bad.
    most_bad_share: float = MOST_BAD_SHARE
    fewest_bad_rows: int = FEWEST_BAD_ROWS

    @property
    def kept_columns(self) -> tuple[Column, ...]:
        """The columns that are read at all: those of class drop never are."""
        return tuple(column for column in self.columns if column.privacy != "drop")

    @property
    def lands(self) -> bool:
        """Whether files of it arrive in landing; False for what the warehouse writes itself."""
        return self.reader != "none"

    @property
    def keeps_presence(self) -> bool:
        """Whether a bad row with a readable key still says that its subject is there."""
        return self.source == "hr_staff"

    @cached_property
    def lake_columns(self) -> dict[str, str]:
        """{name: DuckDB type} of a batch, in order."""
        own = {column.lake_name: column.lake_type for column in self.kept_columns}
        return {**own, **ROW_COLUMNS}

    @property
    def needed(self) -> set[str]:
        """The columns without which a file is rejected: required, and without a constant."""
        return {column.name for column in self.columns if column.required and not column.constant}

    @property
    def constants(self) -> dict[str, str]:
        """{column: what it holds in every row of a file that lacks it}."""
        return {column.name: column.constant for column in self.columns if column.constant}

    @cached_property
    def names(self) -> dict[str, str]:
        """{heading, blind to case and white space: column}, aliases included."""
        return {
            squeezed(heading): column.name
            for column in self.columns
            for heading in (column.name, *column.aliases)
        }

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that decides how a file is read; descriptions are not part of it."""
        facts = asdict(self)
        facts.pop("description")
        facts.pop("dated_by")
        for column in facts["columns"]:
            column.pop("description")
        facts["reader_version"] = READER_VERSION
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class Registry(Mapping[str, Contract]):
    """All contracts by source name, in the order of the names."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self._contracts = dict(sorted(contracts.items()))

    def __getitem__(self, source: str) -> Contract:
        return self._contracts[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contracts)

    def __len__(self) -> int:
        return len(self._contracts)

    def of_family(self, family: str) -> tuple[Contract, ...]:
        """The contracts that one DAG takes in."""
        return tuple(contract for contract in self.values() if contract.family == family)


def load(settings: Settings) -> Registry:
    """Every contract of the project, with the council's mappings laid over them.

    Raises BadConfiguration for a mapping that cannot be used.
    """
    known = load_instruments(settings)
    shipped = {path.stem: read(path, known) for path in sorted(settings.contracts.glob("*.yaml"))}
    return Registry(mappings.laid_over(shipped, settings.mappings))


def load_instruments(settings: Settings) -> dict[str, Instrument]:
    """{name: description} of every questionnaire in ``expectations/instruments/``."""
    return instruments.load(settings.instruments)


def read(path: Path, known: Mapping[str, Instrument]) -> Contract:
    """One contract file. Raises ValueError where it lacks what the reader needs."""
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML_LOADER)  # noqa: S506 - both are safe loaders
    (table,) = document["schema"]
    custom = _custom(document)
    if custom.get("kind") not in ("snapshot", "records", "closed") or not custom.get("family"):
        raise ValueError(
            f"{path.name}: customProperties need a family and a kind (snapshot, records or closed)."
        )
    columns = [_column(item, known) for item in table["properties"]]
    if custom.get("itemsFrom") == "instruments":
        columns += _item_columns(known)
    if custom["kind"] == "records":
        columns.append(_VOID)
    if custom.get("mayBeSynthetic", True):
        columns.append(_SYNTHETIC)
    keys = sorted(
        (item["primaryKeyPosition"], item["name"])
        for item in table["properties"]
        if item.get("primaryKey")
    )
    return Contract(
        source=document["id"],
        family=custom["family"],
        kind=custom["kind"],
        description=table["description"],
        columns=tuple(columns),
        key=tuple(name for _, name in keys),
        key_holds_release=custom.get("keyHolds") == "release",
        reader=custom.get("reader", "table"),
        dated_by=custom.get("rowsDatedBy", ""),
    )


# libyaml is several times faster; without it the plain loader reads the same.
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_VOID = Column(
    name="void",
    type="boolean",
    description="Y where this key was entered in error and is withdrawn.",
)
_SYNTHETIC = Column(
    name="synthetic",
    type="boolean",
    description="Y on every row that a generator made. One such row makes the whole version synthetic.",
)


def _item_columns(known: Mapping[str, Instrument]) -> list[Column]:
    """q1, q2, … as far as the longest instrument goes, each with every instrument's answers."""
    return [
        Column(
            name=f"q{number}",
            type="integer",
            description=f"Answer to item {number}; empty where it was not given or the instrument has no such item.",
            range_by="instrument",
            ranges=tuple(
                (name, one.least, one.most, one.step)
                # An answer to an item beyond the last one belongs to another questionnaire.
                if number <= one.items
                else (name, 1, 0, 1)
                for name, one in sorted(known.items())
            ),
        )
        for number in range(1, max(one.items for one in known.values()) + 1)
    ]


def _column(item: dict[str, Any], known: Mapping[str, Instrument]) -> Column:
    custom = _custom(item)
    options = item.get("logicalTypeOptions", {})
    return Column(
        name=item["name"],
        type=item["logicalType"],
        description=item["description"],
        required=item.get("required", False),
        privacy=item.get("classification", "keep"),
        stored_as=custom.get("storedAs", ""),
        id_domain=custom.get("idDomain", ""),
        on_erasure=custom.get("onErasure", "row"),
        aliases=tuple(one["synonym"] for one in item.get("synonyms", ())),
        allowed=(
            tuple(sorted(known))
            if custom.get("allowedFrom") == "instruments"
            else tuple(one["value"] for one in item.get("enum", ()))
        ),
        least=options.get("minimum"),
        above=options.get("exclusiveMinimum"),
        most=options.get("maximum"),
        not_before=_listed(custom.get("notBefore", [])),
        not_above=custom.get("notAbove", ""),
        condition=_condition(custom),
        symbols=tuple(custom.get("symbols", ())),
        physical_type=item.get("physicalType", ""),
        date_format=custom.get("dateFormat", ""),
    )


def _listed(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _condition(custom: Mapping[str, Any]) -> Condition | None:
    for name, exactly in (("presentExactlyWhen", True), ("requiredWhen", False)):
        if name in custom:
            return Condition(custom[name]["column"], tuple(custom[name]["values"]), exactly)
    return None


def _custom(item: dict[str, Any]) -> dict[str, Any]:
    return {one["property"]: one["value"] for one in item.get("customProperties", ())}
