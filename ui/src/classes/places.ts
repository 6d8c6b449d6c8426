// The colours of plain lists by the place in the list, for the preview while somebody types.
/** As core/class_lists.py has them; test/classes.test.ts compares. */
export const PLACES = [
  "#e48c10", "#4d42ff", "#9cafff", "#855a3e", "#79ffca", "#6666d7", "#6a5d92", "#d5f87e",
  "#b0b170", "#c1ff00", "#a35708", "#21fdff", "#704858", "#afffa7", "#ff5890", "#78b7d7",
  "#5038c7", "#60489f", "#7080cf", "#ff6048", "#e7d748", "#389738", "#50e7cf", "#289070",
] as const;
