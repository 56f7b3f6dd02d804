/** How the interface is built (to `dist`, with a manifest), served while developing, and tested. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env["KEZHI_API"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [react()],
  resolve: { alias: { "@schema": fileURLToPath(new URL("../templates/schema", import.meta.url)), "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "dist",
    manifest: true,
    // A data: URL would need a wider content security policy than the server sends.
    assetsInlineLimit: 0,
    // What the first screens weigh is held by `npm run size`.
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What most screens share comes in one file; dozens of crumbs would each cost a request.
        codeSplitting: { groups: [{ name: "base", test: /node_modules/, minShareCount: 8 }, { name: "common", test: /src\/(lib|api|ui)\//, minShareCount: 4 }] },
      },
    },
  },
  // The server compares Origin with Host, so the proxy keeps the Host that the browser sent.
  server: { host: "127.0.0.1", port: 5173, proxy: { "/api": { target: api, changeOrigin: false } } },
  test: {
    environment: "jsdom",
    setupFiles: ["src/lib/testing/setup.ts"],
    testTimeout: 20_000,
    css: false,
  },
});
