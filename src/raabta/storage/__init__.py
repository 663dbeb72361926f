"""Adapters: the only place that knows a database."""
