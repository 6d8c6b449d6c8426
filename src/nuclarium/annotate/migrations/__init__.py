"""Versions of the store, each made from the one before by alembic."""
