"""Annotations by people: nuclei, edits and documents as values, and the store that keeps them."""
