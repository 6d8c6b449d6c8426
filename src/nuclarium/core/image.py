"""The image: lazy pixels with named axes, spacing in µm, channel names and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, Spacing

GREY_AXES = "TCZYX"
RGB_AXES = "TCZYXS"


class PixelSource(Protocol):
    """Where the pixels of an image are read from, one window of one plane at a time."""

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Return the pixels of `window`, shape (H, W), or (H, W, 3) for colour.

        `window` lies inside the plane of that `level`, and all indices are in range.
        """
        ...

    def close(self) -> None:
        """Release the file; closing twice is allowed."""
        ...


@dataclass(frozen=True)
class Image:
    """One image of a file: pixels that are read when asked for, and what is known of them.

    Parameters
    ----------
    source : PixelSource
        Reads windows of planes.
    shape : tuple of int
        Lengths of the axes `TCZYX`, or `TCZYXS` with S = 3 for colour.
    dtype : numpy.dtype
        Integer or float; never boolean or complex.
    spacing : Spacing or None
        Size of a pixel in µm; None where the file does not say, never a default.
    spacing_source : str
        Where the spacing was found (such as "OME-XML"), or why there is none.
    channel_names : tuple of str
        One name a channel; empty strings are allowed where the file has no names.
    bit_depth : int
        Significant bits a sample, as the file states them (12-bit data in 16-bit words give 12).
    level_shapes : tuple of (height, width)
        The pyramid, largest first; the first is the image itself.
    segment_shapes : tuple of (height, width)
        Strips or tiles that each level is stored in; empty where nobody knows.
    notes : tuple of str
        What a person should know of how the file was read.
    description : str
        What the microscope or its user wrote into the file, on one line.
    """

    source: PixelSource
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    spacing: Spacing | None
    spacing_source: str
    channel_names: tuple[str, ...]
    bit_depth: int
    level_shapes: tuple[tuple[int, int], ...]
    format: str
    path: Path | None = None
    scene: int = 0
    scene_names: tuple[str, ...] = ("",)
    notes: tuple[str, ...] = field(default=())
    description: str = ""
    segment_shapes: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if len(self.shape) not in (5, 6) or min(self.shape) < 1:
            raise ValueError(
                f"shape must give the axes {GREY_AXES} or {RGB_AXES}, but got {self.shape}."
            )
        if len(self.channel_names) != self.shape[1]:
            raise ValueError(
                f"channel_names must hold {self.shape[1]} names, but got {self.channel_names}."
            )
        if self.level_shapes[0] != self.plane_shape:
            raise ValueError(
                f"level_shapes must begin with {self.plane_shape}, but got {self.level_shapes}."
            )

    @property
    def axes(self) -> str:
        """Names of the axes of `shape`: `TCZYX`, or `TCZYXS` for colour."""
        return RGB_AXES if self.is_rgb else GREY_AXES

    @property
    def is_rgb(self) -> bool:
        """Whether a pixel is a colour of three samples."""
        return len(self.shape) == 6

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Height and width of the full-size plane."""
        return self.shape[3], self.shape[4]

    def read(
        self, window: Box | None = None, *, t: int = 0, c: int = 0, z: int = 0, level: int = 0
    ) -> npt.NDArray[Any]:
        """Read a window of one plane.

        Parameters
        ----------
        window : Box, optional
            Rows and columns at `level`; the whole plane when left out.
        t, c, z : int
            Time point, channel and plane, from 0.
        level : int
            Level of the pyramid, 0 being full size.

        Returns
        -------
        pixels : ndarray, shape (H, W) or (H, W, 3)
            In the file's own type.

        Raises
        ------
        IndexError
            If an index or the window lies outside the image.
        """
        for axis, index, length in zip("TCZ", (t, c, z), self.shape[:3], strict=True):
            if not 0 <= index < length:
                raise IndexError(f"{axis} must be in 0..{length - 1}, but got {index}.")
        if not 0 <= level < len(self.level_shapes):
            raise IndexError(f"level must be in 0..{len(self.level_shapes) - 1}, but got {level}.")
        whole = Box.of_shape(self.level_shapes[level])
        window = whole if window is None else window
        if window.intersection(whole) != window or 0 in window.shape:
            raise IndexError(f"window must be a part of {whole}, but got {window}.")
        return self.source.read(window, t=t, c=c, z=z, level=level)

    def close(self) -> None:
        """Release the file behind the image."""
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @classmethod
    def from_array(
        cls,
        pixels: npt.NDArray[Any],
        *,
        axes: str | None = None,
        spacing: Spacing | None = None,
        channel_names: tuple[str, ...] | None = None,
        name: str = "array",
    ) -> Image:
        """Make an image of pixels in memory.

        Parameters
        ----------
        pixels : ndarray
            Integer or float; boolean and complex are refused.
        axes : str, optional
            One letter of `TCZYXS` an axis; `YX` or `YXS` are assumed for arrays of shape (H, W) or
            (H, W, 3), anything else must be said.

        Examples
        --------
        >>> Image.from_array(np.zeros((4, 5), np.uint8)).shape
        (1, 1, 1, 4, 5)
        """
        axes = axes or _assumed_axes(pixels.shape)
        if len(axes) != pixels.ndim or not set(axes) <= set(RGB_AXES) or "YX" not in axes:
            raise ValueError(
                f"axes must name each axis of shape {pixels.shape} by a letter of {RGB_AXES}, "
                f"but got {axes!r}."
            )
        if pixels.dtype.kind not in "uif":
            raise ValueError(
                f"pixels must be integers or floats, but got {pixels.dtype}. "
                "Convert them first, for example with pixels.astype('uint8')."
            )
        target = RGB_AXES if "S" in axes else GREY_AXES
        ordered = np.moveaxis(
            pixels, [axes.index(a) for a in target if a in axes], range(pixels.ndim)
        )
        missing = tuple(i for i, axis in enumerate(target) if axis not in axes)
        array = np.expand_dims(ordered, missing)
        return cls(
            source=ArraySource(array),
            name=name,
            shape=array.shape,
            dtype=array.dtype,
            spacing=spacing,
            spacing_source="given" if spacing else "an array has no spacing",
            channel_names=channel_names or ("",) * array.shape[1],
            bit_depth=array.dtype.itemsize * 8,
            level_shapes=(array.shape[3:5],),
            format="array",
        )


@dataclass(frozen=True)
class ArraySource:
    """Pixels in memory, as an array `TCZYX` or `TCZYXS`."""

    array: npt.NDArray[Any]

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Return a copy of the window."""
        pixels: npt.NDArray[Any] = self.array[t, c, z][window.slices].copy()
        return pixels

    def close(self) -> None:
        """Nothing to release."""


def _assumed_axes(shape: tuple[int, ...]) -> str:
    if len(shape) == 2:
        return "YX"
    if len(shape) == 3 and shape[2] == 3:
        return "YXS"
    raise ValueError(
        f"axes must be given for an array of shape {shape}; for example axes='ZYX' or axes='CYX'."
    )
