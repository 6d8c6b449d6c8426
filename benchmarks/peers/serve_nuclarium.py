"""nuclarium in the loop of `serving`: plane to labels, with engines that are started once.

``nuclarium.segment`` starts an engine in every call. Here the engines are kept, as the command line
keeps them for a batch; everything else is what ``nuclarium.segment`` does.
"""

from __future__ import annotations

import argparse
import functools
from typing import get_args

import numpy as np
from serving import serve

from nuclarium.core.image import Image
from nuclarium.predict.engine import Engine, EngineName, start_engine
from nuclarium.predict.model import load_model
from nuclarium.predict.plane import balanced_tile_size
from nuclarium.predict.segment import available_cores, choose_views, segment_selected, select
from nuclarium.predict.view import ViewSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="fluo", help="shipped name or file")
    parser.add_argument("--engine", default="auto", choices=get_args(EngineName))
    args = parser.parse_args()
    model = load_model(args.model)
    cores = available_cores()

    @functools.cache
    def engine(threads: int) -> Engine:
        return start_engine(model.network, engine=args.engine, threads=threads)

    def segment(pixels: np.ndarray) -> np.ndarray:
        image = Image.from_array(pixels)
        selection = select(image, model=args.model)
        spec = model.input
        size = balanced_tile_size(image.plane_shape, spec.tile_size, spec.divisor)
        threads = cores if size >= max(image.plane_shape) else 1
        started = engine(threads)
        view = choose_views(selection, model, started, ViewSettings())[0]
        return segment_selected(
            selection.planes[0], selection.channel, model, started, view=view, workers=cores
        ).to_array()

    serve({"pixels to labels": segment})


if __name__ == "__main__":
    main()
