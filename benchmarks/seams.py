"""How much the network's view of a tile differs from its view of the whole plane.

    python benchmarks/seams.py --image ../shared/data/wsi_and_vendor_formats/test3-DAPI-2-387.ndpi

Decoding is exact for any tiles; what remains is that the network sees `halo` pixels beyond its tile
and not the rest of the plane. The plane is segmented in one run of the network, and in tiles with
different halos, and the labels are compared. Needs about 6 GB for a plane of 19 megapixels.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from nuclarium.evaluate import score
from nuclarium.io import open_image
from nuclarium.measurement.channels import channel_image
from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import load_model
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.predict.segment import select
from nuclarium.predict.store import MemoryStore
from nuclarium.preprocess.intensity import plane_range


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--channel")
    parser.add_argument("--side", type=int, default=3072, help="largest side that is looked at")
    args = parser.parse_args()
    model = load_model("fluo")
    engine = start_engine(model.network, engine="onnxruntime", threads=2)
    with open_image(args.image) as image:
        selection = select(image, channel=args.channel)
        grey = channel_image(selection.planes[0].image, selection.channel)
        shape = tuple(min(side, args.side) for side in grey.plane_shape)
        plane = PlaneReader(
            grey.read, shape, plane_range(grey.read, shape, model.input.percentiles)
        )

        def labels_of(tile_size: int, halo: int) -> tuple[np.ndarray, np.ndarray]:
            store = MemoryStore()
            spec = replace(model.input, tile_size=tile_size, halo=halo)
            found = segment_plane(plane, engine, spec, model.decoder, store=store)
            return found.to_array(), store.get("maps-0")["maps"]

        whole, _ = labels_of(1 << 20, 0)
        print(f"{args.image.name}: {shape[0]} × {shape[1]} px, {whole.max():,} nuclei in one run")
        for tile_size in (512, 1280):
            for halo in (0, 32, 64, 96, 128):
                tiled, _ = labels_of(tile_size, halo)
                found = score(tiled, whole)
                same = found.match(0.95).f1
                print(
                    f"tiles of {tile_size} px, halo {halo:3}: {tiled.max():,} nuclei, "
                    f"F1 at IoU 0.5 {found.match(0.5).f1:.5f}, at 0.95 {same:.5f}, "
                    f"pixels that differ {np.mean((tiled > 0) != (whole > 0)):.2e}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
