"""Taking events in: the Segment HTTP tracking spec, files, validation, quarantine."""
