"""The engine's semantics a second time: one person at a time, in plain Python."""
