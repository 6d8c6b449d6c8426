"""Files to values and back."""

from nuclarium.io.describe import describe, format_description
from nuclarium.io.files import hash_file
from nuclarium.io.readers import open_image

__all__ = ["describe", "format_description", "hash_file", "open_image"]
