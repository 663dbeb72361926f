"""The state store: SQLite or PostgreSQL, one contract."""
