"""What users can cause to go wrong, each said as what was expected, what came, what to do."""

from __future__ import annotations


class NuclariumError(Exception):
    """Base of every error that a user can cause; its text is one sentence or two, fit to show."""


class UnreadableImageError(NuclariumError):
    """A file that no reader can open, or whose pixels cannot be trusted."""


class InputNotFoundError(NuclariumError, FileNotFoundError):
    """A path that does not exist."""


class ModelError(NuclariumError):
    """A model file that cannot be used, or no model for this kind of image."""


class OutputError(NuclariumError):
    """A result that cannot be written where it was asked for."""


class SettingsError(NuclariumError):
    """A setting, an option or a settings file that does not hold together."""


class MissingExtraError(NuclariumError):
    """An optional part of the installation that this step needs."""

    def __init__(self, step: str, extra: str) -> None:
        super().__init__(
            f"{step} needs the optional part '{extra}', which is not installed. "
            f"Install it with: pip install 'nuclarium[{extra}]'"
        )


class AnnotationError(NuclariumError):
    """An edit, a document or a study that does not hold together."""


class StoreError(NuclariumError):
    """A store of annotations that cannot be opened, read or written."""
