/** Sends a file to an import and tells how much of it is there. */
import { useEffect, useRef, useState } from "react";
import type { Job } from "@/api/jobs";
import { useOnce } from "@/api/once";
import { type ImportOptions, startImport } from "@/api/transfer";

export type Sending = { send: (file: File, options: ImportOptions) => void; share: number | undefined; problem: unknown };

export function useSending(entity: string, onJob: (job: Job, file: File) => void): Sending {
  const [share, setShare] = useState<number>();
  const [problem, setProblem] = useState<unknown>();
  const stop = useRef<AbortController>(undefined);
  const once = useOnce();
  useEffect(() => () => stop.current?.abort(), []);
  const send = (file: File, options: ImportOptions) => {
    stop.current?.abort();
    const mine = new AbortController();
    stop.current = mine;
    setShare(0);
    setProblem(undefined);
    const isMine = () => stop.current === mine && !mine.signal.aborted;
    // A file whose answer was lost may be on its way in already: sent again, it does not come in twice.
    const about = [entity, file.name, file.size, file.lastModified, options];
    once(about, (idempotencyKey) => startImport(entity, file, options, { signal: mine.signal, idempotencyKey, onProgress: (part) => isMine() && setShare(part) }))
      .then((job) => isMine() && onJob(job, file))
      .catch((error: unknown) => isMine() && setProblem(error))
      .finally(() => isMine() && setShare(undefined));
  };
  return { send, share, problem };
}
