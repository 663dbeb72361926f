"""The history store: every event, in open tables, asked in SQL."""
