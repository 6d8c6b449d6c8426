// What is shown of an image: its display, its layers, one or two of them, with outlines or without.
import type { Api, ImageInfo, TileLayer } from "../contracts";
import { type DisplaySettings, defaultDisplay, storeDisplay, storedDisplay } from "./display";
import type { Comparison } from "./panes";
import { LayerSources, type Told } from "./sources";

export class Looks {
  comparison: Comparison = { mode: "single", first: "raw", second: "raw", at: 0.5 };
  isShowingNuclei = true;
  readonly sources: LayerSources;
  private image: ImageInfo | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    api: Api,
    private readonly told: Told,
  ) {
    this.sources = new LayerSources(api, told);
  }

  get display(): DisplaySettings | null {
    return this.sources.display;
  }

  /** The layer is that of the left or only pane. */
  setImage(image: ImageInfo | null, layer: string): void {
    const isOther = image?.id !== this.image?.id;
    this.sources.close();
    this.image = image;
    this.comparison = { ...this.comparison, first: layer };
    if (image && isOther) this.sources.display = storedDisplay(image, localStorage);
  }

  setDisplay(display: DisplaySettings): void {
    this.sources.display = display;
    if (this.image) storeDisplay(this.image, display, localStorage);
    this.changed();
  }

  resetDisplay(): void {
    if (this.image) this.setDisplay(defaultDisplay(this.image));
  }

  compare(comparison: Partial<Comparison>): void {
    this.comparison = { ...this.comparison, ...comparison };
    const { mode, first, second } = this.comparison;
    const other = this.choices().find((layer) => layer.id !== first)?.id ?? first;
    if (comparison.mode && mode !== "single" && first === second) this.comparison.second = other;
    this.changed();
  }

  /** The layers that can be chosen: those of the server, then those that modules added. */
  choices(): { id: string; name: string }[] {
    const own = this.layers().map(({ id, name }) => ({ id, name }));
    return [{ id: "raw", name: "Raw" }, { id: "recipe", name: "Recipe" }, ...own];
  }

  layers(): readonly TileLayer[] {
    return this.sources.inOrder();
  }

  addLayer(layer: TileLayer): void {
    this.sources.remove(layer.id);
    this.sources.added.set(layer.id, layer);
    this.changed();
  }

  removeLayer(id: string): void {
    this.sources.remove(id);
    this.changed();
  }

  changeLayer(id: string, given: { visible?: boolean; opacity?: number }): void {
    const layer = this.sources.added.get(id);
    if (!layer) return;
    Object.assign(layer, given); // the module that added it sees the change, too
    this.changed();
  }

  showNuclei(isShowing: boolean): void {
    this.isShowingNuclei = isShowing;
    this.changed();
  }

  onChange(f: () => void): void {
    this.listeners.add(f);
  }

  changed(): void {
    for (const f of this.listeners) f();
    this.told.redraw();
  }
}
