"""Plain second implementations of the metric definitions, for the marts to be held against."""
