"""Libraries that another library imports at its top and that a run may never use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Unread(ModuleType):
    """Stands for a module, which is imported when something of it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        # Such names are asked for by the import itself.
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def imported_when_used(*names: str) -> Iterator[None]:
    """What is imported inside the ``with`` block gets these modules unread.

    For whole modules (``import altair as alt``, ``from scipy import stats``), not for names out of them.
    Python's own LazyLoader reads the module as soon as an import statement looks at it. Nobody else
    meets an unread module: behind the block each is imported as ever.
    """
    unread = [_Unread(name) for name in names if name not in sys.modules]
    sys.modules.update({module.__name__: module for module in unread})
    try:
        yield
    finally:
        for module in unread:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]
