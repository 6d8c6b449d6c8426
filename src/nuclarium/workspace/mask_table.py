"""What people said of the masks of a project: preliminary, verified or rejected."""

from __future__ import annotations

from nuclarium.io.rows import read_rows
from nuclarium.workspace.project import Project

PRELIMINARY = "preliminary"
STATUSES = (PRELIMINARY, "verified", "rejected")


def mask_status(project: Project) -> dict[str, str]:
    """Return the status of each mask by its name without extension, as ``masks.csv`` says it.

    A mask that is not in the table is preliminary.

    Raises
    ------
    SettingsError
        If the table cannot be read.
    """
    path = project.folder / "masks" / "masks.csv"
    if not path.exists():
        return {}
    return {
        row.cells.get("name", "").removesuffix(".tif").removesuffix(".ome"): said
        for row in read_rows(path).rows
        if (said := row.cells.get("status", "").lower())
    }
