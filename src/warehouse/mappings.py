"""How a council's own export differs from a contract, without code: ``expectations/mappings/<source>.yaml``.

A mapping is laid over the contract of its source and from then on is part of it, of its
fingerprint too: whoever corrects an alias has the files that are still in landing read again.
Every key may be left out (docs/mappings.md has an example of each):

``aliases: {column: [headings]}``: further headings of a column.
``date_format: '%d/%m/%Y'``, or ``{column: format, default: format}``: a form beside YYYY-MM-DD.
``values: {column: {theirs: ours}}``: compared exactly, without outer white space; empty is ``''``.
``constants: {column: value}``: what a column holds in every row of a file that lacks it.
``known_extra_columns: [headings]``: columns that are not wanted and may be named in the manifest.
``most_bad_share: 0.20``, ``fewest_bad_rows: 5``: a file with more bad rows is rejected whole.
``id_normaliser: {upper_case, strip_prefix, pad_to_width}``, or ``{column: {…}}`` for one column.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from warehouse.errors import BadConfiguration
from warehouse.texts import (
    PATTERNS,
    WIDEST_ID,
    Normaliser,
    squeezed,
    why_no_date_format,
    without_outer_space,
)

if TYPE_CHECKING:
    from warehouse.contracts import Column, Contract

DEFAULT = "default"
_DATED = frozenset({"date", "timestamp"})
# Mail addresses have a spelling of their own, which has nothing to do with that of staff numbers.
_EMAIL_DOMAIN = "email"


def laid_over(contracts: Mapping[str, "Contract"], folder: Path) -> dict[str, "Contract"]:
    """The contracts by source, each with its mapping where ``folder`` has one.

    Raises BadConfiguration, naming file and key, for a mapping that cannot be used as it stands, and
    for a file of no source: a misspelt name would leave every export a stranger's.
    """
    mapped = dict(contracts)
    files = sorted(folder.iterdir()) if folder.is_dir() else ()
    for path in files:
        if path.name.startswith(".") or path.suffix not in (".yaml", ".yml") or not path.is_file():
            continue
        if path.suffix != ".yaml" or path.stem not in contracts:
            meant = "" if path.stem in contracts else _did_you_mean(path.stem, contracts)
            raise BadConfiguration(
                f"{_shown(path)}: a mapping is called <source>.yaml after the source that it is for."
                f"{meant} Nothing was read. Rename the file."
            )
        mapped[path.stem] = lay_over(contracts[path.stem], path)
    return mapped


def lay_over(contract: "Contract", path: Path) -> "Contract":
    """One contract with one mapping file laid over it. Raises BadConfiguration as ``laid_over``."""
    return _Mapping(contract, path, _read(path)).applied()


def _read(path: Path) -> Any:
    try:
        # As text throughout: YAML would make true of Yes, 7 of 007, and a date of 2019-03-05.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Texts)  # noqa: S506 - makes texts alone
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadConfiguration(
            f"{_shown(path)}, line {line}: this cannot be read ({error.problem}). Nothing was read. Correct it."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadConfiguration(
            f"{_shown(path)}: this is no YAML in UTF-8. Nothing was read. Correct it."
        ) from None
    except OSError as error:
        raise BadConfiguration(
            f"{_shown(path)}: it cannot be read ({error.strerror}). Nothing was read. Correct its rights."
        ) from None


class _Texts(yaml.BaseLoader):
    """Every scalar as the text it is; a key that stands twice is refused rather than forgotten."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a text", key.start_mark
                )
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value}' stands twice", key.start_mark
                )
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class _Mapping:
    """A mapping file that has been read, beside the contract that it is for."""

    contract: "Contract"
    path: Path
    document: Any

    def applied(self) -> "Contract":
        """The contract with every key of the file laid over it."""
        document = {} if self.document in (None, "") else self.document
        if not isinstance(document, dict):
            self._refuse(None, "the file must hold keys with their settings.")
        steps: dict[str, Callable[[Contract, Any], Contract]] = {
            "aliases": self._aliases,
            "date_format": self._date_format,
            "values": self._values,
            "constants": self._constants,
            "known_extra_columns": self._known_extra_columns,
            "id_normaliser": self._id_normaliser,
            "most_bad_share": self._most_bad_share,
            "fewest_bad_rows": self._fewest_bad_rows,
        }
        for key in document:
            if key not in steps:
                self._refuse(key, f"there is no such key.{_did_you_mean(key, steps)}")
        contract = self.contract
        # In the order of the steps, for the extra columns are held against all aliases.
        for key, step in steps.items():
            if document.get(key, "") != "":
                contract = step(contract, document[key])
        return contract

    def _aliases(self, contract: "Contract", given: Any) -> "Contract":
        taken = dict(contract.names)
        added: dict[str, tuple[str, ...]] = {}
        for column, headings in self._by_column("aliases", given).items():
            key = f"aliases.{column.name}"
            for heading in self._texts(key, headings):
                if not squeezed(heading):
                    self._refuse(key, "a heading must hold more than white space.")
                owner = taken.setdefault(squeezed(heading), column.name)
                if owner != column.name:
                    self._refuse(
                        key,
                        f"'{heading}' is a heading of '{owner}' already; a column has one meaning.",
                    )
                added[column.name] = (*added.get(column.name, ()), heading)
        return _with_columns(
            contract,
            {
                name: {"aliases": (*contract.column(name).aliases, *headings)}
                for name, headings in added.items()
            },
        )

    def _date_format(self, contract: "Contract", given: Any) -> "Contract":
        dates = [column.name for column in contract.columns if column.type in _DATED]
        if isinstance(given, str):
            given = {DEFAULT: given}
        if not isinstance(given, dict):
            self._refuse("date_format", "it must be one form, or a form for each column.")
        for name, form in given.items():
            key = "date_format" if name == DEFAULT else f"date_format.{name}"
            if name != DEFAULT and name not in dates:
                self._refuse(key, f"there is no such date column.{_did_you_mean(name, dates)}")
            why = why_no_date_format(self._text(key, form))
            if why:
                self._refuse(key, f"'{form}' cannot be used: {why}.")
        own = {name: given.get(name, given.get(DEFAULT)) for name in dates}
        return _with_columns(
            contract, {name: {"date_format": form} for name, form in own.items() if form}
        )

    def _values(self, contract: "Contract", given: Any) -> "Contract":
        changed = {}
        for column, pairs in self._by_column("values", given).items():
            key = f"values.{column.name}"
            self._refuse_of_person(key, column)
            if not isinstance(pairs, dict):
                self._refuse(key, "it must hold pairs, theirs: ours.")
            read: dict[str, str] = {}
            for theirs, ours in pairs.items():
                wanted = self._text(key, ours)
                if wanted:
                    self._refuse_unless_allowed(key, column, wanted)
                bare = without_outer_space(theirs)
                if bare in read:
                    self._refuse(
                        key, f"'{bare}' stands twice, with and without white space around it."
                    )
                read[bare] = wanted
            changed[column.name] = {"values": tuple(sorted(read.items()))}
        return _with_columns(contract, changed)

    def _constants(self, contract: "Contract", given: Any) -> "Contract":
        changed = {}
        for column, value in self._by_column("constants", given).items():
            key = f"constants.{column.name}"
            self._refuse_of_person(key, column)
            wanted = self._text(key, value)
            if not wanted:
                self._refuse(key, "it must be given a value.")
            self._refuse_unless_allowed(key, column, wanted)
            changed[column.name] = {"constant": wanted}
        return _with_columns(contract, changed)

    def _known_extra_columns(self, contract: "Contract", given: Any) -> "Contract":
        key = "known_extra_columns"
        headings = self._texts(key, given)
        for heading in headings:
            owner = contract.names.get(squeezed(heading))
            if owner or not squeezed(heading):
                self._refuse(
                    key,
                    f"'{heading}' is a heading of '{owner}'; what is read is no extra column."
                    if owner
                    else "a heading must hold more than white space.",
                )
        return replace(contract, known_extras=tuple(sorted(set(headings))))

    def _id_normaliser(self, contract: "Contract", given: Any) -> "Contract":
        ids = [column for column in contract.columns if column.privacy == "id"]
        steps = ("upper_case", "strip_prefix", "pad_to_width")
        if not isinstance(given, dict):
            self._refuse("id_normaliser", f"it must hold some of: {', '.join(steps)}.")
        if any(name in steps for name in given):
            rule = self._normaliser("id_normaliser", given, steps)
            rules = {one.name: rule for one in ids if one.id_domain != _EMAIL_DOMAIN}
        else:
            names = [one.name for one in ids]
            for name in given:
                if name not in names:
                    known = [*steps, *names]
                    self._refuse(
                        f"id_normaliser.{name}",
                        f"this is neither a step nor a column of ids.{_did_you_mean(name, known)}",
                    )
            rules = {
                name: self._normaliser(f"id_normaliser.{name}", one, steps)
                for name, one in given.items()
            }
        return _with_columns(contract, {name: {"normaliser": rule} for name, rule in rules.items()})

    def _normaliser(self, key: str, given: Any, steps: Iterable[str]) -> Normaliser:
        if not isinstance(given, dict):
            self._refuse(key, f"it must hold some of: {', '.join(steps)}.")
        for name in given:
            if name not in steps:
                self._refuse(f"{key}.{name}", f"there is no such step.{_did_you_mean(name, steps)}")
        upper = self._text(f"{key}.upper_case", given.get("upper_case", "false")).lower()
        if upper not in ("true", "false", "yes", "no"):
            self._refuse(f"{key}.upper_case", "it must be true or false.")
        width = self._text(f"{key}.pad_to_width", given.get("pad_to_width", "0"))
        if not re.fullmatch("[0-9]{1,2}", width) or int(width) > WIDEST_ID:
            self._refuse(f"{key}.pad_to_width", f"it must be a whole number up to {WIDEST_ID}.")
        return Normaliser(
            upper_case=upper in ("true", "yes"),
            strip_prefix=without_outer_space(
                self._text(f"{key}.strip_prefix", given.get("strip_prefix", ""))
            ),
            pad_to_width=int(width),
        )

    def _most_bad_share(self, contract: "Contract", given: Any) -> "Contract":
        share = self._text("most_bad_share", given)
        if not re.fullmatch(r"0(\.[0-9]+)?|1(\.0*)?", share):
            self._refuse("most_bad_share", "it must be a share from 0 to 1, such as 0.2.")
        return replace(contract, most_bad_share=float(share))

    def _fewest_bad_rows(self, contract: "Contract", given: Any) -> "Contract":
        rows = self._text("fewest_bad_rows", given)
        if not re.fullmatch("[1-9][0-9]{0,8}", rows):
            self._refuse("fewest_bad_rows", "it must be a whole number of rows, at least 1.")
        return replace(contract, fewest_bad_rows=int(rows))

    def _by_column(self, key: str, given: Any) -> dict["Column", Any]:
        if not isinstance(given, dict):
            self._refuse(key, "it must hold columns of the contract with their settings.")
        names = [column.name for column in self.contract.columns]
        for name in given:
            if name not in names:
                self._refuse(
                    f"{key}.{name}",
                    f"{self.contract.source} has no such column.{_did_you_mean(name, names)}",
                )
        return {self.contract.column(name): setting for name, setting in given.items()}

    def _texts(self, key: str, given: Any) -> list[str]:
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list):
            self._refuse(key, "it must be a list of headings.")
        return [self._text(key, one) for one in listed]

    def _text(self, key: str, given: Any) -> str:
        if not isinstance(given, str):
            self._refuse(key, "a text was expected here, and there is a list or a group of keys.")
        return without_outer_space(given)

    def _refuse_of_person(self, key: str, column: "Column") -> None:
        # A staff number in a configuration file is a person in a file that nobody guards.
        if column.privacy != "keep":
            self._refuse(key, "a column of ids, names or notes takes no values from a mapping.")

    def _refuse_unless_allowed(self, key: str, column: "Column", value: str) -> None:
        allowed = ("Y", "N") if column.type == "boolean" else column.allowed
        if allowed and value not in allowed:
            self._refuse(key, f"'{value}' is none of the contract's values: {', '.join(allowed)}.")
        if column.type in PATTERNS and value not in column.symbols and not _is_value(column, value):
            kind = {"date": "a date, YYYY-MM-DD", "integer": "a whole number"}.get(
                column.type, "a number"
            )
            self._refuse(key, f"'{value}' is not {kind} as the contract wants it.")

    def _refuse(self, key: str | None, sentence: str) -> NoReturn:
        where = f"{_shown(self.path)}: {key}: " if key else f"{_shown(self.path)}: "
        raise BadConfiguration(
            f"{where}{sentence} Nothing was read. Correct it; docs/mappings.md shows every key."
        )


def _with_columns(
    contract: "Contract", changed: Mapping[str, Mapping[str, Any]]
) -> "Contract":  # fmt: skip
    return replace(
        contract,
        columns=tuple(
            replace(column, **changed[column.name]) if column.name in changed else column
            for column in contract.columns
        ),
    )


def _is_value(column: "Column", text: str) -> bool:
    if not re.fullmatch(PATTERNS[column.type], text):
        return False
    if column.type in _DATED:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            return False
        return True
    number = float(text)
    return not (
        (column.least is not None and number < column.least)
        or (column.above is not None and number <= column.above)
        or (column.most is not None and number > column.most)
    )


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name that is most like this one, as a sentence; known ones alone are ever proposed."""
    found = get_close_matches(squeezed(name), list(known), n=1)
    return f" Did you mean '{found[0]}'?" if found else ""


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
