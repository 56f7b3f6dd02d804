/** Autosave: what is typed arrives once, in order, and a conflict loses neither side. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "@/api/client";
import { setAt } from "@/definition/entity";
import type { Json } from "@/definition/json";
import { DraftFiles, PAUSE, type Transport } from "./draftFiles";

const NAME = { folder: "entities", file: "customer" };
const PATH = "entities/customer.json";

/** A server with one file: each stored text has a number as its entity tag. */
class Server implements Transport {
  document: Json = { title: "客户" };
  etag = 1;
  puts: Json[] = [];
  offline = false;
  hold: Promise<void> = Promise.resolve();

  fetch = async () => ({ document: this.document, etag: String(this.etag) });
  put = async (_: unknown, document: Json, etag: string | undefined) => {
    await this.hold;
    if (this.offline) throw new Problem(0, "network.unreachable", "", "");
    if (etag !== String(this.etag)) throw new Problem(412, "draft.stale", "", "");
    this.document = document;
    this.puts.push(document);
    this.etag += 1;
    return { etag: String(this.etag) };
  };
  remove = async () => undefined;
}

let server: Server;
let files: DraftFiles;
const title = (value: string) => setAt({}, ["title"], value, { text: "x" });
const open = () => files.get(PATH)!;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new Server();
  files = new DraftFiles(server, () => undefined);
  await files.load(NAME);
});

describe("a change", () => {
  it("is sent once the person pauses, with all that was typed", async () => {
    for (const text of ["会", "会员"]) files.run(PATH, title(text));
    expect(open().saving).toBe("pending");
    await vi.advanceTimersByTimeAsync(PAUSE + 1);
    expect(server.puts).toEqual([{ title: "会员" }]);
    expect(open().saving).toBe("saved");
  });

  it("made while another is being sent follows it with the new entity tag", async () => {
    let release: () => void = () => undefined;
    server.hold = new Promise((done) => (release = done));
    files.run(PATH, title("一"));
    await vi.advanceTimersByTimeAsync(PAUSE + 1);
    files.run(PATH, title("二"));
    await vi.advanceTimersByTimeAsync(PAUSE + 1);
    release();
    expect(await files.flush()).toBe(true);
    expect(server.puts).toEqual([{ title: "一" }, { title: "二" }]);
  });

  it("that is undone before it is sent is not sent", async () => {
    files.run(PATH, title("会员"));
    files.undo(PATH);
    expect(await files.flush()).toBe(true);
    expect(server.puts).toEqual([]);
  });

  it("is kept when the server is away, and sent on another try", async () => {
    server.offline = true;
    files.run(PATH, title("会员"));
    expect(await files.flush()).toBe(false);
    expect(open()).toMatchObject({ saving: "failed", history: { document: { title: "会员" } } });
    server.offline = false;
    files.retry(PATH);
    expect(await files.flush()).toBe(true);
    expect(server.document).toEqual({ title: "会员" });
  });
});

describe("a change by somebody else", () => {
  beforeEach(async () => {
    server.document = { title: "客人" };
    server.etag = 7;
    files.run(PATH, title("会员"));
    await files.flush();
  });

  it("is shown with base, theirs and ours, and nothing is sent", () => {
    expect(open().saving).toBe("conflict");
    expect(open().conflict).toEqual({ base: { title: "客户" }, theirs: { title: "客人" }, ours: { title: "会员" }, etag: "7" });
    expect(server.puts).toEqual([]);
  });

  it("gives way when ours is kept", async () => {
    files.resolve(PATH, "ours");
    expect(await files.flush()).toBe(true);
    expect(server.document).toEqual({ title: "会员" });
  });

  it("can be taken, and undone", async () => {
    files.resolve(PATH, "theirs");
    expect(open().history.document).toEqual({ title: "客人" });
    expect(await files.flush()).toBe(true);
    expect(server.puts).toEqual([]);
    files.undo(PATH);
    expect(open().history.document).toEqual({ title: "会员" });
  });
});
