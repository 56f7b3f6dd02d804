/** The real binary on a folder of its own, and an HTTP client for what a story needs before it begins. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BINARY = resolve(process.env.KEZHI_BIN ?? join(ROOT, process.env.CARGO_TARGET_DIR ?? "target", "debug", "kezhi"));
const START_MS = 120_000;

/** A running server: `base` is where it answers, `stop()` ends it and removes its data. */
export async function startServer(args = []) {
  const folder = await mkdtemp(join(tmpdir(), "kezhi-browser-"));
  const child = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--data-dir", folder, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const told = [];
  child.stderr.on("data", (data) => told.push(String(data)));
  const ended = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { base: await addressOf(child, told), stop, told };
  } catch (error) {
    await stop();
    throw error;
  }
}

function addressOf(child, told) {
  return new Promise((found, failed) => {
    const timer = setTimeout(() => failed(new Error(`no address within ${START_MS} ms: ${told.join("")}`)), START_MS);
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`${BINARY} ended with ${code}: ${told.join("")}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      told.push(`${line}\n`);
      const [, port] = /at http:\/\/[^:]+:(\d+)$/.exec(line) ?? [];
      if (!port) return;
      clearTimeout(timer);
      found(`http://127.0.0.1:${port}`);
    });
  });
}

/** A person who calls the API: signs in once, sends the cookie and the token. */
export class Caller {
  #base;
  #headers = { "content-type": "application/json", "accept-language": "zh-CN" };

  constructor(base) {
    this.#base = base;
  }

  async signIn(login, password) {
    const answer = await this.#send("POST", "/api/session", { login, password });
    this.#headers.cookie = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
    this.#headers["x-csrf-token"] = (await answer.json()).csrf_token;
    return this;
  }

  /** The answer's document, or nothing when it is empty. */
  async call(method, path, body) {
    const text = await (await this.#send(method, path, body)).text();
    return text ? JSON.parse(text) : undefined;
  }

  async #send(method, path, body) {
    const answer = await fetch(this.#base + path, { method, headers: this.#headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
