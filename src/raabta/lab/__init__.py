"""Backtests, and markets and answers that are made up and say so."""
