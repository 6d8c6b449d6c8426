"""How often which value is in a channel, for the slider of its contrast."""

from __future__ import annotations

from typing import Any

import numpy as np

from nuclarium.core.image import Image
from nuclarium.server.image_facts import contrast_of, largest_value, sample_of

BINS = 256


def histogram_of(image: Image, channel: int) -> dict[str, Any]:
    """Count the values of pixels that stand for a channel.

    Parameters
    ----------
    image : Image
    channel : int
        From 0; red, green and blue of a colour image are 0, 1 and 2.

    Returns
    -------
    counts : dict
        ``counts`` in 256 bins of equal width from ``low`` to ``high``, which are the smallest and
        largest value of the channel; ``auto``, the two values that `contrast_of` gives;
        ``dtype_max``, the largest value of the depth; ``channel``.
    """
    pixels = sample_of(image, 0 if image.is_rgb else channel)
    pixels = pixels[:, channel] if image.is_rgb else pixels
    low, high = float(pixels.min()), float(pixels.max())
    counts, _ = np.histogram(pixels, BINS, range=(low, high if high > low else low + 1))
    return {
        "channel": channel,
        "low": low,
        "high": high,
        "counts": counts.tolist(),
        "auto": list(contrast_of(np.ascontiguousarray(pixels))),
        "dtype_max": largest_value(image),
    }
