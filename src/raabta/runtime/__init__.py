"""The engine: the tick, and the wiring where adapters meet domains."""
