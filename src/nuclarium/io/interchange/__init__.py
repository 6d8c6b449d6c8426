"""Outlines in the formats of other tools."""
