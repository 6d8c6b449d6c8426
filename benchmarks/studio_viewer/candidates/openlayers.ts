import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { getCenter } from "ol/extent";
import Polygon from "ol/geom/Polygon";
import TileLayer from "ol/layer/Tile";
import VectorLayer from "ol/layer/Vector";
import VectorImageLayer from "ol/layer/VectorImage";
import Projection from "ol/proj/Projection";
import TileImage from "ol/source/TileImage";
import VectorSource from "ol/source/Vector";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import TileGrid from "ol/tilegrid/TileGrid";
import { COLOURS, run } from "./candidate";

void run((root, image, nuclei) => {
  const extent = [0, -image.height, image.width, 0];
  const projection = new Projection({ code: "pixels", units: "pixels", extent });
  const resolutions = Array.from({ length: image.levels }, (_, i) => 2 ** (image.levels - 1 - i));
  const tiles = new TileLayer({
    source: new TileImage({
      projection,
      tileGrid: new TileGrid({ extent, resolutions, tileSize: image.tile }),
      tileUrlFunction: ([z, col, row]) => `/api/images/${image.id}/tiles/${image.levels - 1 - z!}/${row}/${col}`,
    }),
  });
  const styles = new Map(Object.entries(COLOURS).map(([k, color]) => [k, new Style({ stroke: new Stroke({ color, width: 1.5 }) })]));
  const features = nuclei.map((n) => {
    const rings = n.rings.map((r) => Array.from({ length: r.length / 2 }, (_, i) => [r[2 * i]!, -r[2 * i + 1]!]));
    const feature = new Feature(new Polygon(rings));
    feature.setStyle(styles.get(n.label));
    return feature;
  });
  const isImage = new URLSearchParams(location.search).get("as") === "image";
  const source = new VectorSource({ features });
  const vectors = isImage ? new VectorImageLayer({ source, imageRatio: 2 }) : new VectorLayer({ source, renderBuffer: 200 });
  root.style.display = "block";
  const view = new View({ projection, center: getCenter(extent), resolution: 1, constrainResolution: false });
  const map = new OlMap({ target: root, layers: [tiles, vectors], controls: [], view });
  let isReady = false;
  map.on("rendercomplete", () => (isReady = true));
  return {
    ready: () => isReady,
    look: (x, y, scale) => {
      isReady = false;
      view.setResolution(1 / scale);
      view.setCenter([x, -y]);
    },
    dragging: (is) => (is ? view.beginInteraction() : view.endInteraction()),
  };
});
