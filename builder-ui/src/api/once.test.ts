/** An act keeps its key while nobody knows what became of it. */
import { renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "./client";
import { useOnce } from "./once";

describe("an act of a person", () => {
  it("is repeated under its key until there is an answer, and anything else has a key of its own", async () => {
    const { result } = renderHook(() => useOnce());
    const keys: string[] = [];
    const act = (about: unknown, status: number) =>
      result.current(about, async (key) => {
        keys.push(key);
        if (status !== 200) throw new Problem(status, "", "", "");
        return status;
      }).catch(() => undefined);
    await act({ ids: ["a"] }, 0);
    await act({ ids: ["a"] }, 503);
    await act({ ids: ["a"] }, 200);
    expect(new Set(keys).size).toBe(1);
    await act({ ids: ["a"] }, 409);
    await act({ ids: ["a"] }, 0);
    await act({ ids: ["b"] }, 0);
    expect(new Set(keys).size).toBe(4);
  });
});
