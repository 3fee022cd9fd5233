// What `npm run build` does after the compiler: build/src and the packages it uses become two files in build/bundle, as to find and read
// hundreds of them would take as long as all the rest of a start: a small one that is called, and the program, which that one reads (start-compiled.ts).

import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type OnResolveArgs, type OnResolveResult } from 'esbuild';
import { projectRoot } from './lab/places.ts';

const folder = join(projectRoot, 'build/bundle');
const source = join(projectRoot, 'build/src/cli');

const common: BuildOptions = {
  outdir: join(folder, 'cli'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
};

rmSync(folder, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: [join(source, 'start.js')],
  format: 'cjs',
  // Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // A function of what it needs of its surroundings, which returns what it exports.
  banner: {
    js: "(function(require,__filename,__dirname){const module={exports:{}};const __url=require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: 'return module.exports})' },
  define: { 'import.meta.url': '__url', 'import.meta.dirname': '__dirname' },
  // What is loaded late is begun late; to look for files is nothing that a script of its own can do.
  supported: { 'dynamic-import': false },
  // Compiled for the machine where it was installed, or not there at all: ssh2 does without.
  external: ['cpu-features'],
  plugins: [{ name: 'compiled part of ssh2', setup: (bundler) => bundler.onResolve({ filter: /\.node$/ }, fromPackage) }],
  legalComments: 'linked',
});
await build({
  ...common,
  entryPoints: [join(source, 'main.js')],
  format: 'esm',
  plugins: [
    {
      name: 'the program as it is compiled already',
      setup: (bundler) => bundler.onResolve({ filter: /^\.\/start\.js$/ }, () => ({ path: join(source, 'start-compiled.js') })),
    },
  ],
});

/** The bundle looks for a compiled part, which its package has beside itself, in the package. */
function fromPackage({ path, resolveDir }: OnResolveArgs): OnResolveResult {
  return { path: relative(join(projectRoot, 'node_modules'), join(resolveDir, path)), external: true };
}
