"""Segments: who is in, since when, and at which instant that can change by itself."""
