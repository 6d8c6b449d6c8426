"""Masks for people to accept or correct: pixel classifiers from strokes, and their cleaning."""
