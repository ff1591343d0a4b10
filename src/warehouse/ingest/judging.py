"""The row rules of a contract as SQL: each row's typed values, or its first fault.

Order of judgement: too few or too many columns; then the contract's columns in its order, and
within one: missing, type, allowed or range, date order, conditional presence. A rule whose other value is missing or
faulty itself is not judged. Last, a key that a good row holds already.
"""

from collections.abc import Iterable
from datetime import date
from string import ascii_lowercase, ascii_uppercase

import pyarrow as pa

# Not ``pyarrow.compute``, which is these and some three hundred functions that it makes as it is
# imported: a month's export is read in less time than that takes.
from pyarrow._compute import TrimOptions, call_function

from warehouse.contracts import LAKE_TYPES, Column, Contract
from warehouse.ingest.reading import FILE, LATEST, LINE, MISFIT
from warehouse.texts import (
    ISO,
    PATTERNS,
    WHITE_SPACE,
    date_format_in_words,
    date_pattern,
)

EARLIEST_DATE = date(1950, 1, 1)
YEARS_AHEAD = 2


def latest_date(as_of: date) -> date:
    """The last date that a file of this as-of date may name: two years on (28 February for a 29th)."""
    try:
        return as_of.replace(year=as_of.year + YEARS_AHEAD)
    except ValueError:
        return as_of.replace(year=as_of.year + YEARS_AHEAD, day=28)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def trimmed(raw: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows, each text without the white space around it.

    By Arrow, in a hundredth of the time that SQL's trim takes with characters of one's own.
    """
    white_space = TrimOptions(characters=WHITE_SPACE)
    arrays = [
        call_function("utf8_trim", [column], white_space)
        if pa.types.is_string(column.type)
        else column
        for column in raw.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=raw.schema)


def judged_rows(contract: Contract, raw: str) -> str:
    """A query over ``raw`` (what ``reading.chunks`` gives): one row for each record of each file.

    It returns ``file_number``, ``line``, ``fault`` (``<column>:<reason code>``, null for a row
    without one), and each kept column under its contract name: typed, null where its own text is
    faulty. Ids stay text here; they are replaced before anything is written. ``$earliest`` is its
    parameter. The texts have been through ``trimmed``; a key that is repeated is marked afterwards.
    """
    columns = contract.kept_columns
    named = [quoted(column.name) for column in columns]
    given = [f"{_given(column)} as {quoted(column.name)}" for column in columns]
    parsed = [
        f"{_parsed(column)} as {_parsed_name(column)}" for column in columns if _is_parsed(column)
    ]
    faults = [
        f"{_own_fault(column)} as {_fault_name(column)}" for column in columns if _may_fail(column)
    ]
    typed = [f"{_typed(column)} as {quoted(column.name)}" for column in columns]
    kept_faults = [_fault_name(column) for column in columns if _may_fail(column)]
    cases = "\n            ".join(_fault_cases(columns))
    return f"""
    with given as (
        select {", ".join([FILE, LINE, MISFIT, LATEST, *given])} from {raw}
    ),
    parsed as (
        select {", ".join(["*", *parsed])} from given
    ),
    faulted as (
        select {", ".join(["*", *faults])} from parsed
    ),
    typed as (
        select {", ".join([FILE, LINE, MISFIT, *kept_faults, *typed])} from faulted
    )
    select {", ".join([FILE, LINE, *named])},
        case
            {cases}
        end as fault
    from typed
    """


def key_hashes(contract: Contract, judged: str) -> str:
    """A query for a hash of each good row's file and key: rows with one key have one hash."""
    key = ", ".join(quoted(name) for name in contract.key)
    return f"select hash({FILE}, {key}) as key_hash from {judged} where fault is null"


def repeated_keys(contract: Contract, judged: str) -> str:
    """A query for the keys that several good rows of a file hold, and the first line of each."""
    key = ", ".join(quoted(name) for name in contract.key)
    return f"""
    select {FILE}, {key}, min({LINE}) as first_line
    from {judged}
    where fault is null
    group by all
    having count(*) > 1
    """


def marking_of_repeats(contract: Contract, judged: str, repeated: str) -> str:
    """A statement that marks each good row whose key an earlier good row of its file holds.

    Apart from the other rules, since nearly every file has no such row, and numbering all rows
    within their keys would take as long as all other rules together. Part of a key may be empty.
    """
    same_key = " and ".join(
        f"{judged}.{quoted(name)} is not distinct from {repeated}.{quoted(name)}"
        for name in contract.key
    )
    return f"""
    update {judged} set fault = '{contract.key[0]}:duplicate_key'
    from {repeated}
    where fault is null
        and {judged}.{FILE} = {repeated}.{FILE} and {judged}.{LINE} > {repeated}.first_line
        and {same_key}
    """


def parameters(query: str) -> dict[str, object]:
    """The values that a query of ``judged_rows`` is bound to: those of its parameters that it has."""
    values = {"earliest": EARLIEST_DATE}
    return {name: value for name, value in values.items() if f"${name}" in query}


def _fault_cases(columns: Iterable[Column]) -> Iterable[str]:
    yield f"when {MISFIT} < 0 then ':too_few_columns'"
    yield f"when {MISFIT} > 0 then ':too_many_columns'"
    for column in columns:
        name, fault = quoted(column.name), _fault_name(column)
        if column.required:
            no_fault = f" and {fault} is null" if _may_fail(column) else ""
            yield f"when {name} is null{no_fault} then '{column.name}:missing_value'"
        if _may_fail(column):
            yield f"when {fault} is not null then '{column.name}:' || {fault}"
        for value, least, most, step in column.ranges:
            between = f" or ({name} - {least}) % {step} <> 0" if step > 1 else ""
            yield (
                f"when {quoted(column.range_by)} = {literal(value)} "
                f"and ({name} not between {least} and {most}{between}) "
                f"then '{column.name}:out_of_range'"
            )
        if column.not_above:
            yield f"when {name} > {quoted(column.not_above)} then '{column.name}:out_of_range'"
        for earlier in column.not_before:
            yield f"when {name} < {quoted(earlier)} then '{column.name}:date_order'"
        if column.condition:
            other, values = quoted(column.condition.column), _list(column.condition.values)
            yield f"when {name} is null and {other} in ({values}) then '{column.name}:conditional_missing'"
            if column.condition.exactly:
                yield (
                    f"when {name} is not null and {other} not in ({values}) "
                    f"then '{column.name}:conditional_present'"
                )


def _fault_name(column: Column) -> str:
    return quoted(f"{column.name} fault")


def _parsed_name(column: Column) -> str:
    return quoted(f"{column.name} parsed")


def _is_parsed(column: Column) -> bool:
    return column.type in ("date", "timestamp", "integer", "number")


def _may_fail(column: Column) -> bool:
    """Whether there is any text that is no value of this column."""
    return column.type != "string" or bool(column.allowed)


def _given(column: Column) -> str:
    """The trimmed text as it is judged: its value mapped, an id written one way; null if empty."""
    text = f"nullif({quoted(column.name)}, '')"
    if column.values:
        theirs = dict(column.values)
        empty = theirs.pop("", "")
        cases = " ".join(f"when {literal(one)} then {literal(to)}" for one, to in theirs.items())
        otherwise = f"case {text} {cases} else {text} end" if theirs else text
        text = f"nullif(case when {text} is null then {literal(empty)} else {otherwise} end, '')"
    rule = column.normaliser
    if rule is None:
        return text
    # As Normaliser.apply does it; a test holds the two to each other.
    if rule.upper_case:
        text = f"translate({text}, {literal(ascii_lowercase)}, {literal(ascii_uppercase)})"
    if rule.prefix:
        rest = f"substring({text}, {len(rule.prefix) + 1})"
        text = (
            f"case when starts_with({text}, {literal(rule.prefix)}) "
            f"then nullif(trim({rest}, {literal(WHITE_SPACE)}), '') else {text} end"
        )
    if rule.pad_to_width:
        text = f"repeat('0', greatest(0, {rule.pad_to_width} - length({text}))) || {text}"
    return text


def _parsed(column: Column) -> str:
    """The text as a value of the column's type, whatever its range; null where it is none."""
    name = quoted(column.name)
    if column.type == "date" and column.date_format not in ("", ISO):
        # A cell that a workbook styles as a date comes as ISO text whatever the form of the others.
        return (
            f"case when regexp_full_match({name}, {literal(PATTERNS['date'])}) "
            f"then try_cast({name} as date) "
            f"when regexp_full_match({name}, {literal(date_pattern(column.date_format))}) "
            f"then try_cast(try_strptime({name}, {literal(column.date_format)}) as date) end"
        )
    kind = column.physical_type or LAKE_TYPES[column.type]
    return (
        f"case when regexp_full_match({name}, '{PATTERNS[column.type]}') "
        f"then try_cast({name} as {kind}) end"
    )


def _own_fault(column: Column) -> str:
    """The reason why this column's text is no value of its own type and range; null if it is one."""
    name, parsed = quoted(column.name), _parsed_name(column)
    if column.type == "string":
        return f"case when {name} not in ({_list(column.allowed)}) then 'not_allowed' end"
    if column.type == "boolean":
        return f"case when {name} not in ('Y', 'N') then 'not_allowed' end"
    if column.type == "date":
        return (
            f"case when {name} is null then null when {parsed} is null then 'not_a_date' "
            f"when {parsed} not between $earliest and {LATEST} then 'out_of_range' end"
        )
    if column.type == "timestamp":
        # Reports alone have moments, and their last day is the one after the meeting's.
        return (
            f"case when {name} is null then null when {parsed} is null then 'not_a_date' "
            f"when {parsed}::date not between {LATEST} - 1 and {LATEST} then 'out_of_range' end"
        )
    bounds = [f"{parsed} is null"]
    if column.least is not None:
        bounds.append(f"{parsed} < {column.least}")
    if column.above is not None:
        bounds.append(f"{parsed} <= {column.above}")
    if column.most is not None:
        bounds.append(f"{parsed} > {column.most}")
    symbols = f"when {name} in ({_list(column.symbols)}) then null " if column.symbols else ""
    return (
        f"case when {name} is null then null {symbols}"
        f"when {parsed} is null and not regexp_full_match({name}, '{PATTERNS[column.type]}') "
        f"then 'not_a_number' when {' or '.join(bounds)} then 'out_of_range' end"
    )


def _typed(column: Column) -> str:
    """This column's value; null where ``_own_fault`` finds one."""
    name = quoted(column.name)
    if not _may_fail(column):
        return name
    if column.type == "boolean":
        return f"case {name} when 'Y' then true when 'N' then false end"
    value = name if column.type == "string" or column.symbols else _parsed_name(column)
    return f"case when {_fault_name(column)} is null then {value} end"


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)


_OF_A_MOMENT = {
    "not_a_date": "is no date and time in the order of day and month that is configured",
    "out_of_range": "must lie on the day in the file's name or on the day after",
}


def explain(contract: Contract, column_name: str, reason_code: str) -> str:
    """What is wrong with a row, in words that never repeat its value."""
    if reason_code == "too_few_columns":
        return "The row has fewer fields than the header."
    if reason_code == "too_many_columns" and contract.reader == "csww":
        return "An element of this record stands there twice, holds others, or is too long."
    if reason_code == "too_many_columns":
        return "The row has more fields than the header."
    if reason_code == "duplicate_key":
        return f"An earlier good row of this file has the same {' and '.join(contract.key)}."
    column = contract.column(column_name)
    if column.type == "timestamp" and reason_code in _OF_A_MOMENT:
        return f"{column_name} {_OF_A_MOMENT[reason_code]}."
    sentences = {
        "missing_value": f"{column_name} is empty and must be given.",
        "not_a_date": f"{column_name} is no date of the form {_date_form(column)}.",
        "not_a_number": f"{column_name} is no {'whole ' if column.type == 'integer' else ''}number.",
        "out_of_range": f"{column_name} {_range_in_words(column)}.",
        "not_allowed": f"{column_name} must be one of: {', '.join(column.allowed or ('Y', 'N'))}.",
        "date_order": f"{column_name} lies before {' or '.join(column.not_before)}.",
    }
    if column.condition:
        when = f"{column.condition.column} is {' or '.join(column.condition.values)}"
        sentences |= {
            "conditional_missing": f"{column_name} is empty and must be given where {when}.",
            "conditional_present": f"{column_name} must be empty but where {when}.",
        }
    return sentences[reason_code]


def _date_form(column: Column) -> str:
    iso = date_format_in_words(ISO)
    own = date_format_in_words(column.date_format or ISO)
    return own if own == iso else f"{own} (or {iso})"


def _range_in_words(column: Column) -> str:
    if column.type == "date":
        return f"must lie between {EARLIEST_DATE} and {YEARS_AHEAD} years after the file's date"
    bounds = []
    if column.above is not None:
        bounds.append(f"above {column.above:g}")
    if column.least is not None:
        bounds.append(f"at least {column.least:g}")
    if column.most is not None:
        bounds.append(f"at most {column.most:g}")
    if column.not_above:
        bounds.append(f"no more than {column.not_above}")
    if column.ranges:
        bounds.append(f"within what the {column.range_by} allows")
    return f"must be {' and '.join(bounds)}" if bounds else "has too many digits"
