// Builds test/*.test.ts, every one a file, and runs them with node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const tests = (await readdir(join(here, "test"), { recursive: true }))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => join("test", name));
const out = await mkdtemp(join(tmpdir(), "studio-tests-"));
await build({
  absWorkingDir: here,
  entryPoints: tests,
  outdir: out,
  outbase: "test",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  loader: { ".css": "empty" },
  logLevel: "warning",
});
const built = (await readdir(out, { recursive: true }))
  .filter((name) => name.endsWith(".test.mjs"))
  .map((name) => join(out, name));
const [major, minor] = process.versions.node.split(".").map(Number);
const canForce = major > 20 || (major === 20 && minor >= 14); // Debian 12 has Node 18
const done = spawnSync(process.execPath, ["--test", ...(canForce ? ["--test-force-exit"] : []), ...built], { stdio: "inherit" });
await rm(out, { recursive: true });
process.exitCode = done.status ?? 1;
