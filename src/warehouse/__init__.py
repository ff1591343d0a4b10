"""The warehouse: what is neither SQL nor wiring.

Data walks one way, ``landing -> lake -> build -> published``, and each module here is one room
on that walk. Nothing in this package imports from ``dags/`` or ``dashboard/``.
"""

__version__ = "0.1.0"
