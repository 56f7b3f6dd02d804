/**
 * Holds who may import whom: `lib ← definition ← api`, `lib ← ui`, then
 * `ui + definition (+ api) ← renderer ← features ← app`; a feature never imports another
 * feature; React stays out of `lib` and `definition`; no file is longer than the house tolerates.
 * Prints one line for each breach and exits 1.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const src = resolve(dirname(fileURLToPath(import.meta.url)), "../src");

/** For each layer, the layers it may import (itself always). */
const MAY = {
  lib: [],
  definition: ["lib"],
  api: ["lib", "definition"],
  ui: ["lib"],
  renderer: ["lib", "definition", "api", "ui"],
  features: ["lib", "definition", "api", "ui", "renderer"],
  app: ["lib", "definition", "api", "ui", "renderer", "features"],
};
const NO_REACT = ["lib", "definition"];
const REACT = /^(react|react-dom|react-router|react-i18next|antd|@ant-design\/|@tanstack\/react|@xyflow\/)/;
const LONGEST = { file: 250, test: 600 };

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function layerOf(path) {
  const [layer, feature] = relative(src, path).split(sep);
  return { layer, feature: layer === "features" ? feature : undefined };
}

function target(from, specifier) {
  if (specifier.startsWith("@/")) return join(src, specifier.slice(2));
  if (specifier.startsWith(".")) return resolve(dirname(from), specifier);
  return undefined;
}

function breachesOf(path) {
  const text = readFileSync(path, "utf8");
  const here = layerOf(path);
  const name = relative(src, path);
  const isTest = /\.test\.tsx?$/.test(path) || name.includes(`testing${sep}`);
  const found = [];
  if (!text.trimStart().startsWith("/**")) found.push(`${name}: does not open with a /** … */ header`);
  const lines = text.split("\n").length - 1;
  const longest = isTest ? LONGEST.test : LONGEST.file;
  if (lines > longest) found.push(`${name}: ${lines} lines, at most ${longest}`);
  for (const [, specifier] of text.matchAll(/(?:from|import\(|import)\s*["']([^"']+)["']/g)) {
    const to = target(path, specifier);
    if (to === undefined) {
      if (!isTest && NO_REACT.includes(here.layer) && REACT.test(specifier)) found.push(`${name}: ${here.layer} must not import ${specifier}`);
      continue;
    }
    const there = layerOf(to);
    if (there.layer === "locales" || there.layer === here.layer) {
      if (here.feature !== undefined && there.layer === "features" && there.feature !== here.feature) {
        found.push(`${name}: feature ${here.feature} must not import feature ${there.feature}`);
      }
      continue;
    }
    if (!MAY[here.layer]?.includes(there.layer)) found.push(`${name}: ${here.layer} must not import ${there.layer} (${specifier})`);
  }
  return found;
}

const breaches = files(src).flatMap(breachesOf);
for (const breach of breaches) console.error(breach);
process.exit(breaches.length === 0 ? 0 : 1);
