// Bundles the candidates into DIR: node benchmarks/studio_viewer/build.mjs DIR (after npm ci in ui/ and npm install here).
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { build } = createRequire(join(here, "../../ui/package.json"))("esbuild");
const names = ["own", "openlayers", "openseadragon"];
const out = process.argv[2];
await build({
  absWorkingDir: here,
  entryPoints: Object.fromEntries(names.map((name) => [`candidate_${name}`, `candidates/${name}.ts`])),
  outdir: out,
  bundle: true,
  format: "esm",
  minify: true,
  target: ["es2022"],
});
for (const name of names) {
  const sheet = name === "own" ? `<link rel="stylesheet" href="/candidate_own.css">` : "";
  const page = `<!doctype html>${sheet}<body style="margin:0"><script type="module" src="/candidate_${name}.js"></script>`;
  await writeFile(join(out, `candidate_${name}.html`), page);
}
