"""Paths that people walk: definitions, and the kernel that moves everybody at once."""
