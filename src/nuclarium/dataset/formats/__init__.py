"""Layouts in which other programs keep images with truth, written and read."""
