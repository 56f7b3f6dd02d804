/** Files on their way to the server: how far each is, what went wrong, and that none is left behind when the form closes. */
import { useEffect, useRef, useState } from "react";
import { Problem } from "@/api/client";
import { uploadFile } from "@/api/files";
import type { FileRef } from "@/definition/schema";
import { useLatest } from "@/ui/useLatest";

/** `wrong` says why a file is not sent at all; a `problem` is what the server said of it. */
export type Upload = { key: number; file: Blob; name: string; share: number; problem?: Problem; wrong?: string };

type UploadOptions = { onDone: (file: FileRef) => void; onBusy: ((change: 1 | -1) => void) | undefined };

let counter = 0;

export function useUploads(options: UploadOptions) {
  const [uploads, setUploads] = useState<Upload[]>([]);
  const running = useRef(new Map<number, AbortController>());
  const latest = useLatest(options);
  useEffect(() => {
    const open = running.current;
    return () => {
      for (const controller of open.values()) controller.abort();
    };
  }, []);
  const change = (key: number, part: Partial<Upload>) => setUploads((all) => all.map((each) => (each.key === key ? { ...each, ...part } : each)));
  const drop = (key: number) => setUploads((all) => all.filter((each) => each.key !== key));
  const run = async ({ key, file, name }: Upload) => {
    const controller = new AbortController();
    running.current.set(key, controller);
    latest.current.onBusy?.(1);
    try {
      const done = await uploadFile(file, name, { signal: controller.signal, onProgress: (share) => change(key, { share }) });
      drop(key);
      latest.current.onDone(done);
    } catch (problem) {
      if (problem instanceof Problem) change(key, { problem });
      else drop(key);
    } finally {
      running.current.delete(key);
      latest.current.onBusy?.(-1);
    }
  };
  const start = (files: readonly { file: Blob; name: string }[]) => {
    const fresh = files.map(({ file, name }): Upload => ({ key: (counter += 1), file, name, share: 0 }));
    setUploads((all) => [...all, ...fresh]);
    for (const upload of fresh) void run(upload);
  };
  const refuse = (file: File, wrong: string) => {
    const key = (counter += 1);
    setUploads((all) => [...all, { key, file, name: file.name, share: 0, wrong }]);
  };
  const retry = (upload: Upload) => {
    const again = { ...upload, share: 0, problem: undefined };
    setUploads((all) => all.map((each) => (each.key === upload.key ? again : each)));
    void run(again);
  };
  const stop = (upload: Upload) => {
    running.current.get(upload.key)?.abort();
    drop(upload.key);
  };
  return { uploads, start, refuse, retry, stop };
}
