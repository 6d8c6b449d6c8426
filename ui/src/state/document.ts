// Stands where the document goes until there is one: nothing is open, nothing can be drawn.
import type { Api, DocumentState, NucleusLayer } from "../contracts";

const EMPTY: NucleusLayer = {
  nuclei: () => [],
  inBox: () => [],
  version: 0,
  colourOf: () => "#888888",
  selected: new Set(),
  at: () => null,
};

export function createDocument(_api: Api): DocumentState {
  return {
    id: null,
    image: null,
    info: null,
    readOnly: true,
    revision: 0,
    layer: EMPTY,
    strokes: [],
    nucleus: () => undefined,
    open: async () => undefined,
    close: () => undefined,
    commit: () => "",
    addStroke: () => "",
    undo: () => undefined,
    redo: () => undefined,
    select: () => undefined,
    on: () => () => undefined,
  };
}
