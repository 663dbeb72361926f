"""Raabta: omnichannel marketing orchestration."""
