/** An act of a person that happens once: whoever repeats it because no answer came repeats it under the same key. */
import { useCallback, useRef } from "react";
import { newIdempotencyKey, Problem } from "./client";

/** Sends what `about` describes under a key. */
export type Once = <T>(about: unknown, send: (key: string) => Promise<T>) => Promise<T>;

/** The key stays the same while the answer to the very same act is unknown; any answer ends the act. */
export function useOnce(): Once {
  const open = useRef<{ about: string; key: string }>(undefined);
  return useCallback(async (about, send) => {
    const text = JSON.stringify(about);
    if (open.current?.about !== text) open.current = { about: text, key: newIdempotencyKey() };
    const mine = open.current;
    const end = () => {
      if (open.current === mine) open.current = undefined;
    };
    try {
      const answer = await send(mine.key);
      end();
      return answer;
    } catch (problem) {
      if (isAnswer(problem)) end();
      throw problem;
    }
  }, []);
}

/** Whether the server has said what became of it; a connection or a server that broke says nothing. */
function isAnswer(problem: unknown): boolean {
  return problem instanceof Problem && problem.status > 0 && problem.status < 500;
}
