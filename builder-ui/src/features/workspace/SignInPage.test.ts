/** After signing in one goes on inside the application, never out of it. */
import { expect, it } from "vitest";
import { insidePath } from "./paths";

it.each([["/e/customer?q=1", "/e/customer?q=1"], [null, "/"], ["//evil.example", "/"], ["/\\evil.example", "/"], ["https://evil.example", "/"], ["javascript:alert(1)", "/"]])("%s → %s", (next, path) => {
  expect(insidePath(next)).toBe(path);
});
