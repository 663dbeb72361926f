"""The condition language: who, as of which instant. See README.md."""
