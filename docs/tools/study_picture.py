"""Make docs/images/raters_study.jpg: a field of a synthetic rating study, and marks of two raters.

python docs/tools/study_picture.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.synthetic.raters import study
from nuclarium.synthetic.raters_picture import field_picture
from nuclarium.synthetic.raters_spec import StudySpec

PICTURE = Path(__file__).parents[1] / "images" / "raters_study.jpg"
FIELD, GAP, TIMES = 1, 8, 2
SHOWN = (("SP.1", "U-control"), ("NP.03", "E"))


def main() -> None:
    """Draw one field three times: bare, and with the marks of each rater."""
    spec = StudySpec(fields=2)
    made = study(spec, np.random.default_rng(1))
    pixels = field_picture(spec, made.things, FIELD, np.random.default_rng([1, FIELD]))
    side = TIMES * spec.size_px
    field = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    sheet = Image.new("RGB", (3 * side + 2 * GAP, side), "white")
    sheet.paste(field, (0, 0))
    colours = shipped_hierarchy().level("raw").colours
    for place, (rater, arm) in enumerate(SHOWN, start=1):
        marks = made.marks
        own = marks[(marks["rater"] == rater) & (marks["arm"] == arm)]
        own = own[(own["field"] == f"field{FIELD + 1:02d}") & (own["label"] != "")]
        sheet.paste(marked(field.copy(), own, colours), (place * (side + GAP), 0))
    words = ("SYNTHETIC", *(f"SYNTHETIC   {rater}, arm {arm}" for rater, arm in SHOWN))
    for place, text in enumerate(words):
        at = (place * (side + GAP) + 10, side - 34)
        ImageDraw.Draw(sheet).text(
            at, text, fill="black", font_size=24, stroke_width=3, stroke_fill="white"
        )
    width = 1080
    sheet = sheet.resize(
        (width, round(width * sheet.height / sheet.width)), Image.Resampling.LANCZOS
    )
    sheet.save(PICTURE, quality=70, optimize=True)


def marked(
    picture: Image.Image, marks: pd.DataFrame, colours: dict[str, tuple[int, int, int]]
) -> Image.Image:
    """Draw boxes, and outlines that were accepted, in the colours of their classes."""
    draw = ImageDraw.Draw(picture)
    for mark in marks.itertuples():
        if mark.kind == "outline":
            xs, ys = (
                [TIMES * float(v) for v in text.split(",")]
                for text in (mark.outline_x, mark.outline_y)
            )
            ring = list(zip(xs, ys, strict=True))
            draw.line([*ring, ring[0]], fill=colours[mark.label], width=2)
        else:
            box = [TIMES * v for v in (mark.xmin, mark.ymin, mark.xmax, mark.ymax)]
            draw.rectangle(box, outline=colours[mark.label], width=2)
    return picture


if __name__ == "__main__":
    main()
