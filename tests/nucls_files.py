"""Small NuCLS fields in the documented layout; pictures are synthetic."""

from __future__ import annotations

import imagecodecs
import numpy as np

STEM = "TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473_left-20308_top-57208_bottom-57508_right-20608"
HEADER = (
    ",raw_classification,main_classification,super_classification,type,xmin,ymin,xmax,ymax,"
    "coords_x,coords_y\n"
)
BOX = (
    "0,fibroblast,nonTILnonMQ_stromal,nonTIL_stromal,rectangle,3,7,19,12,"
    '"3,19,19,3,3","7,7,12,12,7"\n'
)
LINE = (
    "1,tumor,tumor_nonMitotic,tumor_any,polyline,30,20,60,50,"
    '"30,45,60,58,44,30","35,20,34,49,50,35"\n'
)
OPEN = (
    '2,unlabeled,AMBIGUOUS,AMBIGUOUS,polyline,62,60,80,75,"62,70,80,79,70,63","64,60,66,74,75,70"\n'
)
POINT = "3,correction_lymphocyte,lymphocyte,sTIL,point,5,40,5,40,5,40\n"
TABLE = HEADER + BOX + LINE + OPEN + POINT


def write_picture(path, shape=(100, 120)):
    """Write a picture of noise as PNG."""
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(imagecodecs.png_encode(pixels))
    return pixels


def write_field(folder, stem=STEM, table=TABLE, shape=(100, 120)):
    """Write table and picture of one field."""
    (folder / "csv").mkdir(parents=True, exist_ok=True)
    (folder / "csv" / f"{stem}.csv").write_text(table, "utf-8")
    return write_picture(folder / "rgb" / f"{stem}.png", shape)
