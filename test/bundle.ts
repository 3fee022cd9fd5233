// What `npm run build` does after the compiler: build/src and the packages it uses become few files in build/bundle, as to find and read
// hundreds of them would take as long as all the rest of a start. Code that is loaded late stays in files of its own.

import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, type OnResolveArgs, type OnResolveResult } from 'esbuild';
import { projectRoot } from './lab/places.ts';

const folder = join(projectRoot, 'build/bundle');

rmSync(folder, { recursive: true, force: true });
await build({
  entryPoints: { 'cli/main': join(projectRoot, 'build/src/cli/main.js') },
  outdir: folder,
  // As deep as the entry: package.json is looked for from either.
  chunkNames: 'cli/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Compiled for the machine where it was installed, or not there at all: ssh2 does without.
  external: ['cpu-features'],
  plugins: [{ name: 'compiled part of ssh2', setup: (bundler) => bundler.onResolve({ filter: /\.node$/ }, fromPackage) }],
  // ssh2 asks for it, to find a program for Windows.
  define: { __dirname: 'import.meta.dirname' },
  // Packages in CommonJS call it for what is Node's own.
  banner: { js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);" },
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
});

/** The bundle looks for a compiled part, which its package has beside itself, in the package. */
function fromPackage({ path, resolveDir }: OnResolveArgs): OnResolveResult {
  return { path: relative(join(projectRoot, 'node_modules'), join(resolveDir, path)), external: true };
}
