"""StarDist in the loop of `serving`: normalisation, network and non-maximum suppression."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from csbdeep.utils import normalize
from serving import serve
from stardist.models import StarDist2D


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of stardist_train.py")
    args = parser.parse_args()
    folder = args.model.resolve()
    model = StarDist2D(None, name=folder.name, basedir=str(folder.parent))

    def segment(pixels: np.ndarray) -> np.ndarray:
        return model.predict_instances(normalize(pixels, 1, 99.8))[0]

    serve({"pixels to labels": segment})


if __name__ == "__main__":
    main()
