import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';

// The SDK's service worker has to lie beside index.html under its own name.
const serviceWorker = {
  name: 'service-worker',
  writeBundle({ dir }) {
    copyFileSync(join(import.meta.dirname, 'node_modules/hydrogen-view-sdk/lib-build/sw.js'), join(dir, 'sw.js'));
  },
};

// A relative base: the client works at the root of a site and below any path that ends in a slash.
export default defineConfig({ base: './', build: { assetsInlineLimit: 0 }, plugins: [serviceWorker], logLevel: 'warn' });
