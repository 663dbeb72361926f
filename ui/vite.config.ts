import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Built into the Python package: `raabta serve` serves it with a strict content security policy.
// The placeholder is replaced by a fresh nonce in every answer.
export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  html: { cspNonce: "RAABTA_NONCE" },
  build: {
    outDir: process.env.RAABTA_UI_OUT ?? "../src/raabta/web/static",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { "/api": "http://127.0.0.1:8620" },
  },
});
