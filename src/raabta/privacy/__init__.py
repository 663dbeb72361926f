"""Consent, and later retention, export and erasure."""
