// @ts-expect-error the library comes without types
import OpenSeadragon from "openseadragon";
import { COLOURS, run } from "./candidate";

void run((root, image, nuclei) => {
  root.style.display = "block";
  const viewer = OpenSeadragon({
    element: root,
    drawer: "canvas",
    animationTime: 0,
    showNavigationControl: false,
    minZoomImageRatio: 0.1,
    maxZoomPixelRatio: 64,
    visibilityRatio: 0,
    tileSources: {
      width: image.width,
      height: image.height,
      tileSize: image.tile,
      maxLevel: image.levels - 1,
      getTileUrl: (level: number, x: number, y: number) => `/api/images/${image.id}/tiles/${image.levels - 1 - level}/${y}/${x}`,
    },
  });
  // Its own way to draw shapes: a canvas above, drawn anew at each update of the viewport.
  const paths = Object.entries(COLOURS).map(([label, colour]) => {
    const path = new Path2D();
    for (const n of nuclei) if (n.label === label) for (const r of n.rings) {
      path.moveTo(r[0]!, r[1]!);
      for (let i = 2; i < r.length; i += 2) path.lineTo(r[i]!, r[i + 1]!);
      path.closePath();
    }
    return { colour, path };
  });
  const canvas = root.appendChild(document.createElement("canvas"));
  canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none";
  let isReady = false;
  const draw = () => {
    canvas.width = root.clientWidth;
    canvas.height = root.clientHeight;
    const ctx = canvas.getContext("2d")!;
    const item = viewer.world.getItemAt(0);
    if (!item) return;
    const zero = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const scale = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(1, 0)).x - zero.x;
    ctx.setTransform(scale, 0, 0, scale, zero.x, zero.y);
    ctx.lineWidth = 1.5 / scale;
    for (const { colour, path } of paths) {
      ctx.strokeStyle = colour;
      ctx.stroke(path);
    }
    isReady = true;
  };
  viewer.addHandler("update-viewport", draw);
  return {
    ready: () => isReady && viewer.world.getItemAt(0)?.getFullyLoaded(),
    look: (x, y, scale) => {
      const item = viewer.world.getItemAt(0);
      if (!item) return;
      const zoom = item.imageToViewportZoom(scale);
      viewer.viewport.zoomTo(zoom, undefined, true);
      viewer.viewport.panTo(item.imageToViewportCoordinates(x, y), true);
      viewer.forceRedraw();
    },
    dragging: () => undefined,
  };
});
