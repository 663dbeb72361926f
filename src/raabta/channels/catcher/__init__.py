"""A mail server that delivers to nobody: for the demo, rehearsals and tests."""
