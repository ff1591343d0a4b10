"""What may leave for the board, applied when its file is built and never in the dashboard.

For analysts: ``protect`` hides cells of a table of counts at the least loss, ``attack`` says what can be
worked out of those that are hidden.
"""

from warehouse.disclosure.tables import NoSafePattern, attack, protect

__all__ = ["NoSafePattern", "attack", "protect"]
