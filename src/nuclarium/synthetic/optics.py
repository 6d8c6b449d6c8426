"""From the light that a colony sends out to what a confocal microscope records of it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.synthetic.nucleus import Field
from nuclarium.synthetic.spec import Optics

_COARSE = 4


def recorded(
    light: Field,
    optics: Optics,
    voxel_um: tuple[float, float, float],
    rng: np.random.Generator,
) -> npt.NDArray[np.uint16]:
    """Blur, dim, light unevenly, count photons, amplify, digitise to 12 bits.

    Parameters
    ----------
    light : ndarray of float32, shape (Z, Y, X)
        1 is the mean of a nucleus of intensity 1; slice 0 lies at the cover slip.

    Returns
    -------
    pixels : ndarray of uint16, shape (Z, Y, X)
        0 to 4095.
    """
    seen = blurred(light, optics, voxel_um)
    seen *= illumination(seen.shape[1:], optics, rng)
    pixels = np.empty(seen.shape, np.uint16)
    for z, part in enumerate(attenuation(len(seen), optics, voxel_um[0])):
        photons = rng.poisson(optics.photons * part * seen[z])
        noise = rng.normal(optics.offset, optics.read_noise, seen[z].shape)
        pixels[z] = np.clip(np.rint(optics.gain * photons + noise), 0, 4095)
    return pixels


def blurred(light: Field, optics: Optics, voxel_um: tuple[float, float, float]) -> Field:
    """Spread light by the point spread function; the sum over a wide enough volume is kept.

    The sharp part is Gaussian and widens along z from the cover slip to the deepest slice; the
    rest is a wide Gaussian, computed on a grid that is 4 times as coarse sideways. Beyond the
    stack it is dark.
    """
    z, y, x = voxel_um
    lateral = (0.0, optics.lateral_um / y, optics.lateral_um / x)
    sharp = ndimage.gaussian_filter(light, lateral, mode="constant")
    near, far = (
        ndimage.gaussian_filter1d(sharp, sigma / z, axis=0, mode="constant")
        for sigma in optics.axial_um
    )
    depth = np.linspace(0, 1, len(light), dtype=np.float32)[:, None, None]
    glow_z, glow_xy = optics.glow_um
    wide = wide_blur(light, (glow_z / z, glow_xy / y, glow_xy / x))
    part = np.float32(optics.glow)
    return np.asarray((1 - part) * (near + depth * (far - near)) + part * wide, np.float32)


def wide_blur(light: Field, sigma: tuple[float, float, float]) -> Field:
    """Blur by a Gaussian of several pixels sideways, on a coarser grid; the sum is kept."""
    height, width = light.shape[1:]
    padded = (-height % _COARSE, -width % _COARSE)
    whole = np.pad(light, ((0, 0), (0, padded[0]), (0, padded[1])))
    rows, columns = whole.shape[1] // _COARSE, whole.shape[2] // _COARSE
    coarse = whole.reshape(len(light), rows, _COARSE, columns, _COARSE).mean((2, 4))
    scaled = (sigma[0], sigma[1] / _COARSE, sigma[2] / _COARSE)
    coarse = ndimage.gaussian_filter(coarse, scaled, mode="constant")
    size = (whole.shape[2], whole.shape[1])
    fine = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in coarse])
    return np.asarray(fine[:, :height, :width], np.float32)


def attenuation(slices: int, optics: Optics, step_um: float) -> npt.NDArray[np.float64]:
    """Part of the light that is left at each slice: exp(-depth / depth_um), 1 at slice 0."""
    return np.asarray(np.exp(-np.arange(slices) * step_um / optics.depth_um))


def illumination(shape: tuple[int, ...], optics: Optics, rng: np.random.Generator) -> Field:
    """Light over the field: 1 near its middle, less by the square of the distance from there."""
    y, x = np.indices(shape, np.float32)
    cy, cx = rng.uniform(0.4, 0.6, 2) * shape
    distance = ((y - cy) / shape[0]) ** 2 + ((x - cx) / shape[1]) ** 2
    return np.asarray(1 - np.float32(2 * optics.vignetting) * distance, np.float32).clip(0.1, 1)
