/** Files, pictures and signatures: sent at once, refused with their reason, taken off; nothing is saved while one is on its way. */
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FileRef } from "@/definition/schema";
import { openForm, speak } from "../testing/open";
import { fileFault, typeNames } from "./fileLimits";

/** An upload as the browser would send it; the test answers it. */
class Sending {
  static all: Sending[] = [];
  status = 0;
  responseText = "";
  headers: Record<string, string> = {};
  url = "";
  body: FormData | undefined;
  upload = new EventTarget();
  private events = new EventTarget();
  addEventListener = this.events.addEventListener.bind(this.events);
  open(method: string, url: string) {
    this.url = `${method} ${url}`;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  send(body: FormData) {
    this.body = body;
    Sending.all.push(this);
  }
  abort() {
    this.events.dispatchEvent(new Event("abort"));
  }
  answer(status: number, data: unknown) {
    this.status = status;
    this.responseText = JSON.stringify(data);
    act(() => void this.events.dispatchEvent(new Event(status === 0 ? "error" : "load")));
  }
}

beforeEach(async () => {
  await speak("zh-CN");
  Sending.all = [];
  vi.stubGlobal("XMLHttpRequest", Sending);
});
afterEach(() => vi.unstubAllGlobals());

const CONTRACT = new File(["abc"], "合同.pdf", { type: "application/pdf" });
const STORED: FileRef = { id: "f1", name: "合同.pdf", type: "application/pdf", size: 1536 };

describe("an attachment", () => {
  const properties = { files: { title: "附件", "x-kind": "attachment" } };

  it("is sent at once as multipart, and is a value when it is there", async () => {
    const store = openForm(properties);
    await userEvent.upload(await screen.findByLabelText("附件", { selector: "input" }), CONTRACT);
    expect(Sending.all[0]?.url).toBe("POST /api/files");
    expect((Sending.all[0]!.body!.get("file") as File).name).toBe("合同.pdf");
    expect(screen.getByRole("progressbar", { name: "正在上传 合同.pdf" })).toBeInTheDocument();
    expect(store.check()).toMatchObject([{ pointer: "/files", message: "“附件”还有文件正在上传，请稍候" }]);
    Sending.all[0]!.answer(201, STORED);
    await waitFor(() => expect(store.changes()).toEqual({ files: [STORED] }));
    expect(screen.getByRole("link", { name: "合同.pdf" })).toHaveAttribute("href", "/api/files/f1");
    expect(screen.getByText("1.5 kB")).toBeInTheDocument();
    await waitFor(() => expect(store.check()).toEqual([]));
  });

  it("that the server refuses says why, and is tried again or left (en)", async () => {
    await speak("en");
    const store = openForm({ files: { title: "Files", "x-kind": "attachment" } });
    await userEvent.upload(await screen.findByLabelText("Files", { selector: "input" }), CONTRACT);
    Sending.all[0]!.answer(413, { code: "file.too_large", title: "At most 50 MB", detail: "" });
    expect(await screen.findByRole("alert")).toHaveTextContent("At most 50 MB");
    await userEvent.click(screen.getByRole("button", { name: "Upload 合同.pdf again" }));
    Sending.all[1]!.answer(0, {});
    expect(await screen.findByRole("alert")).toHaveTextContent("cannot be reached");
    await userEvent.click(screen.getByRole("button", { name: "Remove 合同.pdf" }));
    expect(screen.queryByText("合同.pdf")).toBeNull();
    expect(store.changes()).toEqual({});
  });

  it("is dropped, and taken off by keyboard", async () => {
    const store = openForm({ files: { title: "附件", "x-kind": "attachment", maxItems: 2 } }, { stored: { files: [STORED] } });
    const zone = await screen.findByRole("group", { name: "附件" });
    const more = [new File(["1"], "一.txt"), new File(["2"], "二.txt")];
    fireEvent.drop(zone, { dataTransfer: { types: ["Files"], files: more } });
    await waitFor(() => expect(Sending.all).toHaveLength(1));
    Sending.all[0]!.answer(201, { id: "f2", name: "一.txt", type: "text/plain", size: 1 });
    await waitFor(() => expect(store.all["files"]).toHaveLength(2));
    expect(screen.queryByLabelText("附件", { selector: "input" })).toBeNull();
    screen.getByRole("button", { name: "移除 合同.pdf" }).focus();
    await userEvent.keyboard("{Enter}");
    expect(store.changes()).toEqual({ files: [{ id: "f2", name: "一.txt", type: "text/plain", size: 1 }] });
  });
});

it("pictures are shown small, and what is no picture is not taken", async () => {
  const photo: FileRef = { id: "p1", name: "面霜.jpg", type: "image/jpeg", size: 9 };
  openForm({ photos: { title: "图片", "x-kind": "image" } }, { stored: { photos: [photo] } });
  expect(await screen.findByRole("img", { name: "面霜.jpg" })).toHaveAttribute("src", "/api/files/p1?thumb=1");
  fireEvent.drop(screen.getByRole("group", { name: "图片" }), { dataTransfer: { types: ["Files"], files: [CONTRACT] } });
  expect(Sending.all).toHaveLength(0);
});

describe("a signature", () => {
  beforeEach(() => {
    HTMLCanvasElement.prototype.getContext = (() => new Proxy({}, { get: () => () => undefined, set: () => true })) as never;
    HTMLCanvasElement.prototype.toBlob = (done: BlobCallback) => done(new Blob(["png"], { type: "image/png" }));
  });

  it("may be written by name with the keyboard, and drawn again", async () => {
    const store = openForm({ sign: { title: "客户签名", "x-kind": "signature" } });
    expect(await screen.findByRole("button", { name: "使用这个签名" })).toBeDisabled();
    await userEvent.type(screen.getByLabelText("或者输入姓名"), "李婷");
    await userEvent.click(screen.getByRole("button", { name: "使用这个签名" }));
    Sending.all[0]!.answer(201, { id: "s1", name: "signature.png", type: "image/png", size: 3 });
    await waitFor(() => expect(store.changes()).toEqual({ sign: { id: "s1", name: "signature.png", type: "image/png", size: 3 } }));
    expect(screen.getByRole("img", { name: "客户签名" })).toHaveAttribute("src", "/api/files/s1");
    await userEvent.click(screen.getByRole("button", { name: "重新签名" }));
    expect(screen.getByRole("img", { name: "在此签名" })).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "取消" }));
    await userEvent.click(screen.getByRole("button", { name: "清除签名" }));
    expect(store.changes()).toEqual({});
  });

  it("keeps a written name when the screen is turned", async () => {
    const written: string[] = [];
    const pen = new Proxy({}, { get: (_, name) => (text: string) => void (name === "fillText" && written.push(text)), set: () => true });
    HTMLCanvasElement.prototype.getContext = (() => pen) as never;
    const observers: ((entries: unknown[]) => void)[] = [];
    vi.stubGlobal("ResizeObserver", class {
      constructor(turned: (entries: unknown[]) => void) {
        observers.push(turned);
      }
      observe() {}
      unobserve() {}
      disconnect() {}
    });
    openForm({ sign: { title: "客户签名", "x-kind": "signature" } });
    await userEvent.type(await screen.findByLabelText("或者输入姓名"), "李婷");
    const pad = screen.getByRole("img", { name: "在此签名" });
    Object.defineProperty(pad, "offsetWidth", { value: 700 });
    written.length = 0;
    observers.forEach((turned) => turned([]));
    expect(written).toEqual(["李婷"]);
  });
});

describe("the limits of a field", () => {
  const properties = { files: { title: "附件", "x-kind": "attachment", "x-types": ["application/pdf", "image/*"], "x-max-size": 2048, maxItems: 2 } };

  it("are told before anything is sent, and what breaks them is not sent", async () => {
    const store = openForm(properties);
    const input = await screen.findByLabelText("附件", { selector: "input" });
    expect(input).toHaveAttribute("accept", "application/pdf,image/*");
    expect(screen.getByText("PDF、图片 · 每个最大 2 kB · 最多 2 个")).toBeInTheDocument();
    expect(input).toHaveAccessibleDescription(/PDF、图片/);
    const zone = screen.getByRole("group", { name: "附件" });
    const files = [new File([new Uint8Array(4096)], "大.pdf", { type: "application/pdf" }), new File(["x"], "网页.html", { type: "text/html" }), new File([], "空.pdf", { type: "application/pdf" }), CONTRACT];
    fireEvent.drop(zone, { dataTransfer: { types: ["Files"], files } });
    expect(await screen.findAllByRole("alert")).toHaveLength(3);
    expect(screen.getByText("文件最大 2 kB")).toBeInTheDocument();
    expect(screen.getByText("只接受 PDF、图片")).toBeInTheDocument();
    expect(Sending.all).toHaveLength(1);
    expect(store.check()).toMatchObject([{ pointer: "/files" }]);
    await userEvent.click(screen.getByRole("button", { name: "停止上传 合同.pdf" }));
    await waitFor(() => expect(store.check()).toEqual([]));
  });

  it("say which files were left out", async () => {
    openForm(properties);
    const zone = await screen.findByRole("group", { name: "附件" });
    const pdf = (name: string) => new File(["a"], name, { type: "application/pdf" });
    fireEvent.drop(zone, { dataTransfer: { types: ["Files"], files: [pdf("1"), pdf("2"), pdf("3")] } });
    expect(await screen.findByText("最多 2 个文件，有 1 个没有添加。")).toBeInTheDocument();
    expect(Sending.all).toHaveLength(2);
  });

  it("let a phone's camera in where pictures are taken", async () => {
    openForm({ photos: { title: "图片", "x-kind": "image" }, papers: { title: "合同", "x-kind": "attachment", "x-types": ["application/pdf"] } });
    expect(await screen.findByLabelText("为图片拍照")).toHaveAttribute("capture", "environment");
    expect(screen.queryByLabelText("为合同拍照")).toBeNull();
    expect(await screen.findByLabelText("图片", { selector: "input" })).toHaveAttribute("accept", "image/png,image/jpeg,image/gif,image/webp");
  });
});

it("a picture is looked at on the page, beside its siblings", async () => {
  const photos: FileRef[] = ["面霜.jpg", "精华.jpg"].map((name, index) => ({ id: `p${index}`, name, type: "image/jpeg", size: 9 }));
  openForm({ photos: { title: "图片", "x-kind": "image" } }, { stored: { photos } });
  fireEvent.click(await screen.findByRole("img", { name: "面霜.jpg" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByRole("img", { name: "面霜.jpg" })).toHaveAttribute("src", "/api/files/p0");
  fireEvent.keyDown(dialog.getByRole("button", { name: "下一张" }), { key: "ArrowRight" });
  expect(dialog.getByRole("img", { name: "精华.jpg" })).toHaveAttribute("src", "/api/files/p1");
  expect(dialog.getByRole("link", { name: /下载/ })).toHaveAttribute("download", "精华.jpg");
});

it("types are called as people call them", () => {
  expect(typeNames(["image/*", "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel"], (family) => family)).toEqual(["image", "PDF", "Excel"]);
  expect(fileFault({ type: "", size: 1 }, { types: ["application/pdf"], size: undefined })).toBeUndefined();
});
