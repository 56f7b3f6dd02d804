/**
 * Sums, as brotli, the script that signing in and opening home, a list and a record loads, from
 * Vite's manifest (static imports of those routes; lazily loaded chunks only where a listed
 * route loads them at once). Exits 1 above the limit. Run after `npm run build`.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const LIMIT_KB = 300;
const dist = resolve(dirname(fileURLToPath(import.meta.url)), "../dist");
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

/** Manifest keys that one of the measured screens needs, matched by their end. */
const SCREENS = [
  "index.html",
  "workspace/SignInPage.tsx",
  "workspace/HomePage.tsx",
  "workspace/ListPage.tsx",
  "workspace/RecordPage.tsx",
];
/** The bigger of the languages: one is loaded, never both. */
const LANGUAGE = /locales\/zh\/(common|workspace)\.json$|antd\/(es|lib)\/locale\/zh_CN|dayjs\/.*zh-cn|app\/language\/zh/;

function closure(keys) {
  const seen = new Set();
  const queue = [...keys];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(...(manifest[key].imports ?? []));
  }
  return [...seen];
}

const roots = Object.keys(manifest).filter((key) => SCREENS.some((screen) => key.endsWith(screen)) || LANGUAGE.test(key));
const missing = SCREENS.filter((screen) => !roots.some((root) => root.endsWith(screen)));
if (missing.length > 0) {
  console.error(`not in the manifest: ${missing.join(", ")}`);
  process.exit(1);
}
const parts = closure(roots)
  .map((key) => manifest[key].file)
  .filter((file, index, all) => file.endsWith(".js") && all.indexOf(file) === index)
  .map((file) => {
    const text = readFileSync(join(dist, file));
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
    return { file, bytes: brotliCompressSync(text, options).length };
  })
  .sort((a, b) => b.bytes - a.bytes);
const total = parts.reduce((sum, part) => sum + part.bytes, 0) / 1000;
for (const part of parts) console.log(`${(part.bytes / 1000).toFixed(1).padStart(8)} kB  ${part.file}`);
console.log(`${total.toFixed(1).padStart(8)} kB  in all, brotli; limit ${LIMIT_KB} kB`);
process.exit(total > LIMIT_KB ? 1 : 0);
