// Bundles the scripts of pages into the folder of static files, with the licences of what is in them.
import { build } from "esbuild";
import { copyFile, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../kg/server/pages/static");

const { metafile } = await build({
  entryPoints: { editor: join(here, "src/editor.js"), engine: join(here, "src/engine.js") },
  entryNames: "[name].bundle",
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  define: { "import.meta.url": "self.location.href" },
});
await copyFile(join(here, "node_modules/oxigraph/web_bg.wasm"), join(target, "oxigraph.wasm"));

// Each package that is in a bundle, with the text of its licence.
const packages = new Set(["oxigraph"]);
for (const input of Object.keys(metafile.inputs)) {
  const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (match) packages.add(match[1]);
}
let notices = "";
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const files = (await readdir(folder)).filter((file) => /^licen[cs]e/i.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  notices += `${name} ${version} (${license})\n\n${texts.join("\n") || "https://github.com/oxigraph/oxigraph\n"}\n`;
}
await writeFile(join(target, "bundle-licences.txt"), notices);
