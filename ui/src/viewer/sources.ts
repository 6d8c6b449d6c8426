// The tiles of every layer: those that the server renders from the image, and those that modules added.
import { sentenceOf } from "../api/client";
import type { Api, ImageInfo, TileLayer, View } from "../contracts";
import { type DisplaySettings, displayQuery } from "./display";
import { type Address, TileSource } from "./tiles";

export interface Told {
  redraw(): void;
  /** Why there are no tiles, in the server's words. */
  refused(sentence: string): void;
  /** How much of the overview of a slide is made, 0 to 1; tiles are sketches until then. */
  sketched(made: number): void;
}

export class LayerSources {
  display: DisplaySettings | null = null;
  readonly added = new Map<string, TileLayer>();
  private readonly sources = new Map<string, TileSource>();

  constructor(
    private readonly api: Api,
    private readonly told: Told,
  ) {}

  /** Added layers, the lowest first. */
  inOrder(): TileLayer[] {
    return [...this.added.values()].sort((a, b) => a.order - b.order);
  }

  of(image: ImageInfo, id: string): TileSource {
    const known = this.sources.get(id);
    if (known) return known;
    const added = this.added.get(id);
    const address: Address = added ? added.url.bind(added) : (...place) => this.address(image, id, ...place);
    const { told } = this;
    const source = new TileSource(image, address, {
      arrived: () => told.redraw(),
      refused: (answer) => void sentenceOf(answer).then((sentence) => told.refused(sentence)),
      sketched: (made) => told.sketched(made),
    });
    this.sources.set(id, source);
    return source;
  }

  isWhole(id: string, view: View): boolean {
    return this.sources.get(id)?.isWhole(view) ?? true;
  }

  remove(id: string): void {
    this.added.delete(id);
    this.sources.get(id)?.close();
    this.sources.delete(id);
  }

  close(): void {
    for (const source of this.sources.values()) source.close();
    this.sources.clear();
  }

  private address(image: ImageInfo, layer: string, level: number, row: number, col: number, view: View): string | null {
    const { display } = this;
    if (!display || (image.channels.length > 0 && display.channels.every((c) => !c.visible))) return null;
    const query = displayQuery(image, display, layer, view.z, view.t ?? 0);
    const place = `images/${encodeURIComponent(image.id)}/tiles/${level}/${row}/${col}`;
    return this.api.url(place) + (query ? `?${query}` : "");
  }
}
