"""The HTTP faces: collection and management."""
