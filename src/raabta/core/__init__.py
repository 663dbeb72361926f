"""What every folder stands on: time, identifiers, errors, frame schemas. Imports nothing of ours."""
