"""Saying it: the outbox, the channels' connectors, and the links that tell what happened."""
