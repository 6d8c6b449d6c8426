"""Masks for people to accept or correct: pixel classifiers from scribbles, and what cleans their masks."""
