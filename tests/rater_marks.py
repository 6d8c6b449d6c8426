"""Small tables of marks for the tests of raters."""

import numpy as np
import pandas as pd


def table(*rows, **columns):
    """Rows of field, rater, label, xmin, ymin, xmax, ymax, and further columns."""
    names = ["field", "rater", "label", "xmin", "ymin", "xmax", "ymax"]
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows]).assign(**columns)


def jittered(rng, centres, raters, *, jitter=1.0, size=20.0, field="f", arm=""):
    """Marks of every rater at every centre ``(y, x)``; column ``nucleus`` says which it is of."""
    frames = []
    for rater in range(raters):
        edges = np.c_[centres - size / 2, centres + size / 2]
        y0, x0, y1, x1 = (edges + rng.normal(0, jitter, edges.shape)).T
        frame = {"field": field, "rater": f"r{rater}", "arm": arm, "label": "tumor"}
        frame |= {"xmin": x0, "ymin": y0, "xmax": x1, "ymax": y1}
        frames.append(pd.DataFrame(frame).assign(nucleus=range(len(centres))))
    return pd.concat(frames, ignore_index=True)


def grid(count, gap=40.0):
    """Centres of nuclei that are well apart."""
    side = int(np.ceil(np.sqrt(count)))
    return np.stack(np.divmod(np.arange(count), side), axis=1) * gap + 20


def disc(y, x, radius, corners=24):
    """Outline of a disc, corners ``(y, x)``."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([y + radius * np.sin(angle), x + radius * np.cos(angle)], axis=1)


def outline_columns(outline):
    """An outline as the two columns of a table."""
    y, x = outline.T
    return {
        "outline_x": ",".join(map(repr, x.tolist())),
        "outline_y": ",".join(map(repr, y.tolist())),
    }
