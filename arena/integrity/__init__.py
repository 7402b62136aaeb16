"""Checks on how voters vote: evidence, never a verdict."""
