// What the viewer draws: the nuclei by place, their colours, what is selected, what changed since when.
import type { Box, Nucleus, NucleusLayer } from "../contracts";
import { Grid } from "./grid";

const REMEMBERED = 256; // changes; a viewer that is further behind draws everything anew

export class Layer implements NucleusLayer {
  version = 1;
  selected: ReadonlySet<string> = new Set();
  /** Of each class; set by the panel of classes. */
  colours: (label: string) => string = () => "#00b4a5";
  /** Classes that are not shown. */
  hidden: ReadonlySet<string> = new Set();
  /** The plane on screen: `at` finds what is seen. */
  plane = 0;
  private grid = new Grid();
  private readonly all = new Map<string, Nucleus>();
  /** Nuclei of each class, rejected suggestions left out. */
  readonly counts = new Map<string, number>();
  private recent: { version: number; box: Box }[] = [];

  nuclei(): Iterable<Nucleus> {
    return this.all.values();
  }

  get size(): number {
    return this.all.size;
  }

  *inBox(x0: number, y0: number, x1: number, y1: number): Iterable<Nucleus> {
    for (const nucleus of this.grid.inBox(x0, y0, x1, y1)) if (!this.hidden.has(nucleus.label)) yield nucleus;
  }

  colourOf(nucleus: Nucleus): string {
    return this.colours(nucleus.label);
  }

  at(x: number, y: number, tolerance: number): Nucleus | null {
    return this.grid.at(x, y, tolerance, (nucleus) => this.isSeen(nucleus));
  }

  /** Whether it is on the plane that is shown, and of a class that is shown. */
  isSeen(nucleus: Nucleus): boolean {
    return (nucleus.z === null || nucleus.z === this.plane) && !this.hidden.has(nucleus.label);
  }

  changedSince(version: number): Box[] | null {
    if (version === this.version) return [];
    const first = this.recent[0];
    if (!first || first.version > version + 1) return null;
    return this.recent.filter((change) => change.version > version).map((change) => change.box);
  }

  /** Everything anew: another document. */
  reset(nuclei: Iterable<Nucleus>): void {
    this.grid = new Grid();
    this.all.clear();
    this.counts.clear();
    for (const nucleus of nuclei) {
      this.all.set(nucleus.id, nucleus);
      this.count(nucleus, 1);
      this.grid.set(nucleus);
    }
    this.refresh();
  }

  /** A nucleus is from now on this; null: it is gone. */
  put(id: string, nucleus: Nucleus | null): void {
    this.changed(this.grid.delete(id));
    this.count(this.all.get(id), -1);
    this.count(nucleus, 1);
    if (nucleus) {
      this.all.set(id, nucleus);
      this.changed(this.grid.set(nucleus));
    } else {
      this.all.delete(id);
    }
  }

  select(ids: ReadonlySet<string>): void {
    const changed = [...this.selected, ...ids].filter((id) => this.selected.has(id) !== ids.has(id));
    this.selected = ids;
    if (changed.length > REMEMBERED / 2) return this.refresh();
    for (const id of changed) {
      const nucleus = this.all.get(id);
      if (nucleus) this.changed(this.grid.set(nucleus));
    }
  }

  /** Colours or classes that are shown changed: draw everything anew. */
  refresh(): void {
    this.recent = [];
    this.version += REMEMBERED + 1;
  }

  private count(nucleus: Nucleus | null | undefined, by: 1 | -1): void {
    if (!nucleus || nucleus.kind === "rejected") return;
    this.counts.set(nucleus.label, (this.counts.get(nucleus.label) ?? 0) + by);
  }

  private changed(box: Box | null): void {
    if (!box) return;
    this.recent.push({ version: ++this.version, box });
    if (this.recent.length > REMEMBERED) this.recent.shift();
  }
}
