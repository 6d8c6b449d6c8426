"""Masks for people to accept or correct: pixel classifiers from scribbles, and their cleaning."""
