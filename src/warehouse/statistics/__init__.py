"""Numbers in, numbers out: pure functions for analysts, notebooks and the models."""
