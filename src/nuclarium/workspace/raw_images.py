"""The images that a step works on: those of a project, some of them, or plain files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nuclarium.core.errors import NuclariumError, SettingsError, UnreadableImageError
from nuclarium.io import open_image
from nuclarium.workspace.layout import image_files, unique_names
from nuclarium.workspace.project import Project
from nuclarium.workspace.sources import Failure, scene_suffix


@dataclass(frozen=True, slots=True)
class RawImage:
    """One image of a file.

    Parameters
    ----------
    name : str
        What the files made of it begin with.
    path : Path
    scene : int
    sha256 : str
        What it had when it was imported; empty where nobody knows.
    """

    name: str
    path: Path
    scene: int = 0
    sha256: str = ""

    def check(self, sha256: str) -> None:
        """Refuse a file that changed since its import.

        Raises
        ------
        UnreadableImageError
            If the file has another hash than then.
        """
        if self.sha256 and self.sha256 != sha256:
            raise UnreadableImageError(
                f"{self.path.name} must be as it was imported, but its content changed. Import it "
                "again to work on the new content."
            )


def project_images(project: Project, wanted: Sequence[str] = ()) -> list[RawImage]:
    """Return images of a project: all, or those of the names or files that are wanted.

    Raises
    ------
    SettingsError
        If one that is wanted is not in the project, or there is no image at all.
    """
    table = project.images()
    scenes = table["scene"] if "scene" in table else [""] * len(table)
    rows = zip(table["name"], table["file"], table["sha256"], scenes, strict=True)
    images = [
        RawImage(name, project.locate(file), int(scene) if scene.isdecimal() else 0, sha256)
        for name, file, sha256, scene in rows
    ]
    if not images:
        raise SettingsError(
            f"The project {project.settings.name} must hold images, but has none. Add some: "
            "nuclarium import FILES"
        )
    chosen = [image for word in wanted for image in _named(word, images, project)]
    return list(dict.fromkeys(chosen)) if wanted else images


def project_planes(project: Project) -> list[RawImage]:
    """Return the planes of a project, each an image of its own."""
    return [RawImage(path.stem, path) for path in image_files(project.folder / "planes")]


def plain_images(paths: Sequence[Path]) -> tuple[list[RawImage], list[Failure]]:
    """Return all scenes of files, with names of which each is there once, and what failed."""
    found, failures = [], []
    for path in dict.fromkeys(paths):
        try:
            with open_image(path) as image:
                names = image.scene_names
        except NuclariumError as error:
            failures.append(Failure(path, str(error)))
            continue
        several = len(names) > 1
        found += [(path, i, scene_suffix(i, n) if several else "") for i, n in enumerate(names)]
    unique = unique_names([path for path, _, _ in found], [suffix for _, _, suffix in found])
    images = [RawImage(n, path, scene) for n, (path, scene, _) in zip(unique, found, strict=True)]
    return images, failures


def _named(word: str, images: Sequence[RawImage], project: Project) -> list[RawImage]:
    path = Path(word).resolve()
    found = [i for i in images if i.name == word] or [i for i in images if i.path.resolve() == path]
    if not found:
        raise SettingsError(
            f"An image of the project {project.settings.name} was expected, but {word} is neither "
            "a name nor a file in it. See: nuclarium status"
        )
    return found
