"""Finds evidence. Knows nothing of bots."""
