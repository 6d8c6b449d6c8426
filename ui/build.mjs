// Builds the page that is part of the package: one script, one sheet of styles, index.html.
//
//     node build.mjs [DIR]      DIR is ../src/nuclarium/server/static when left out
//
// With them goes licences.txt: the notices of the packages that the script holds, as their licences ask for.
// The same source gives the same bytes on every machine: no time, no path, no source map.
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../src/nuclarium/server/static"));

await mkdir(out, { recursive: true });
const built = await build({
  metafile: true,
  absWorkingDir: here,
  entryPoints: { studio: "src/main.ts" },
  outdir: out,
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});
await writeFile(join(out, "licences.txt"), await noticesOf(Object.keys(built.metafile.inputs)));
await copyFile(join(here, "index.html"), join(out, "index.html"));

/** The notices of all packages that files are of, by name. */
async function noticesOf(files) {
  const found = files.map((file) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean);
  const notices = [...new Set(found)].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(join(here, folder, "package.json"), "utf8"));
    const licence = (await readdir(join(here, folder))).find((file) => /^licen[cs]e/i.test(file));
    if (!licence) throw new Error(`${name} has no licence file: look at its terms before it goes into the page.`);
    return `${name} ${version}\n\n${(await readFile(join(here, folder, licence), "utf8")).trim()}\n`;
  });
  return (await Promise.all(notices)).join(`\n${"-".repeat(80)}\n\n`);
}
