"""How text in a file becomes a value: white space, headings, forms of dates, ids written in several ways.

Imports nothing heavy: configuration is checked with it before any file is read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

# Unicode's White_Space property: what may stand around a value without being part of it.
WHITE_SPACE = "".join(
    chr(code)
    for code in (
        *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
        0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
    )
)  # fmt: skip

# A cast alone would also take '2019-3-5', '2019-03-05 00:00', '1e3' and ' 7'.
PATTERNS: Mapping[str, str] = {
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "timestamp": "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}",
    "integer": "[+-]?[0-9]+",
    "number": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
}

ISO = "%Y-%m-%d"
WIDEST_ID = 64


def squeezed(heading: str) -> str:
    """A heading as it is compared: blind to case and to white space, outside it and within."""
    return "".join(heading.split()).casefold()


def without_outer_space(text: str) -> str:
    """A text as it is judged: white space around it is not part of it."""
    return text.strip(WHITE_SPACE)


# {directive: (one or more digits or letters, the same where a neighbour's digits touch it, in words)}
_DIRECTIVES: Mapping[str, tuple[str, str, str]] = {
    "d": ("[0-9]{1,2}", "[0-9]{2}", "DD"),
    "m": ("[0-9]{1,2}", "[0-9]{2}", "MM"),
    "Y": ("[0-9]{4}", "[0-9]{4}", "YYYY"),
    "y": ("[0-9]{2}", "[0-9]{2}", "YY"),
    "b": ("[A-Za-z]{3}", "[A-Za-z]{3}", "MON"),
    "B": ("[A-Za-z]{3,9}", "[A-Za-z]{3,9}", "MONTH"),
    "H": ("[0-9]{1,2}", "[0-9]{2}", "hh"),
    "M": ("[0-9]{2}", "[0-9]{2}", "mm"),
    "S": ("[0-9]{2}", "[0-9]{2}", "ss"),
}


def _parts(date_format: str) -> list[str]:
    return re.findall(r"%.|[^%]+|%", date_format, re.DOTALL)


def why_no_date_format(date_format: str) -> str | None:
    """Why a text is not a form of dates that can be read one way only; None where it is one."""
    parts = _parts(date_format)
    names = [part[1:] for part in parts if part.startswith("%")]
    unknown = [name for name in names if name not in _DIRECTIVES]
    if unknown:
        return f"%{unknown[0]} is not known here; it may hold {', '.join('%' + one for one in _DIRECTIVES)}"
    for what, kinds in (("day (%d)", "d"), ("month (%m, %b or %B)", "mbB"), ("year (%Y)", "Yy")):
        if sum(name in kinds for name in names) != 1:
            return f"it must hold exactly one {what}"
    if len(set(names)) != len(names):
        return "a part stands in it twice"
    # Otherwise every text that means the one day could as well mean the other.
    if date_format != ISO and re.fullmatch(date_pattern(date_format), "2019-03-05"):
        return "YYYY-MM-DD is always read as such, and this form could not be told from it"
    return None


def date_pattern(date_format: str) -> str:
    """The regular expression of a whole text of this form; digits may lack a leading nought."""
    pattern = ""
    parts = _parts(date_format)
    for place, part in enumerate(parts):
        if not part.startswith("%"):
            pattern += re.escape(part)
            continue
        neighbours = [*parts[max(place - 1, 0) : place], *parts[place + 1 : place + 2]]
        touched = any(one.startswith("%") for one in neighbours)
        pattern += _DIRECTIVES[part[1:]][1 if touched else 0]
    return pattern


def date_format_in_words(date_format: str) -> str:
    """The form as people write it: DD/MM/YYYY."""
    return "".join(
        _DIRECTIVES[part[1:]][2] if part.startswith("%") else part for part in _parts(date_format)
    )


@dataclass(frozen=True)
class Normaliser:
    """One way of writing an id that several systems write in several ways.

    In this order: letters a to z in upper case, a prefix taken off, noughts put before it up to a
    width (in characters; 0: none). ``judging`` does the same in SQL before a row is judged, so
    that two spellings of one id are one key.
    """

    upper_case: bool = False
    strip_prefix: str = ""
    pad_to_width: int = 0

    def apply(self, value: str) -> str:
        """The id as it is hashed; empty where nothing but the prefix was given."""
        text = without_outer_space(value)
        prefix = self.prefix
        if self.upper_case:
            text = text.translate(_TO_UPPER)
        if prefix and text.startswith(prefix):
            text = without_outer_space(text[len(prefix) :])
        return text.rjust(self.pad_to_width, "0") if text else ""

    @property
    def prefix(self) -> str:
        """The prefix as it stands before the id once that is in upper case."""
        return self.strip_prefix.translate(_TO_UPPER) if self.upper_case else self.strip_prefix


# Letters beyond a to z are left alone: Python and the database differ on some of them.
_TO_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
