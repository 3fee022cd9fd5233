import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import * as z from 'zod';
import { projectRoot } from '../lab/places.ts';
import { json, licenceOf, lockedPackages } from './lockfile.ts';
import { understood } from './signatures.ts';

const names = z.record(z.string(), z.string());
const manifest = z.object({ dependencies: names, devDependencies: names, scripts: names }).loose().parse(json('package.json'));
const locked = lockedPackages();

/** Those of `package.json` and lockfile that would let something else in than what was tried. */
test('package.json names exact versions, and the lockfile has them', (t) => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    t.regex(version, /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, name);
    t.is(locked.find(({ path }) => path === `node_modules/${name}`)?.version, version, name);
  }
  t.false('overrides' in manifest || 'bundleDependencies' in manifest);
});

for (const file of ['package-lock.json', 'test/lab/web-client/package-lock.json']) {
  test(`each package of ${file} has a digest, and comes from the registry`, (t) => {
    const { lockfileVersion, packages } = z
      .object({ lockfileVersion: z.number(), packages: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(json(file));
    t.is(lockfileVersion, 3);
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    t.true(entries.length > 10);
    for (const [path, { integrity, resolved, link, inBundle }] of entries) {
      t.regex(String(integrity), /^sha512-[A-Za-z0-9+/]{86}==$/, path);
      t.regex(String(resolved ?? 'https://registry.npmjs.org/'), /^https:\/\/registry\.npmjs\.org\//, path);
      t.true(link === undefined && inBundle === undefined, path);
    }
  });
}

test('nothing of what users run has a script that runs when it is installed, but for two that are done without', (t) => {
  const scripted = locked.filter(({ hasInstallScript, dev }) => hasInstallScript === true && dev !== true).map(({ name }) => name);
  // Both would compile what makes ssh2 faster.
  t.deepEqual(scripted.toSorted(), ['cpu-features', 'ssh2']);
});

test('the command runs, and speaks SSH, from a folder where nothing was compiled and nothing but the bundle is', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-alone-'));
  try {
    mkdirSync(join(folder, 'build'));
    cpSync(join(projectRoot, 'build/bundle'), join(folder, 'build/bundle'), { recursive: true });
    for (const file of ['package.json', 'playbooks', 'templates']) cpSync(join(projectRoot, file), join(folder, file), { recursive: true });
    const call = (...words: readonly string[]) =>
      spawnSync(process.execPath, [join(folder, 'build/bundle/cli/main.js'), ...words], {
        cwd: folder,
        encoding: 'utf8',
        env: { HOME: folder, PATH: '' },
      });
    t.is(call('--help').status, 0);
    // Whoever listens there speaks no SSH: that it was asked, with all that cryptography is loaded for.
    const { status, stderr, stdout } = call('exec', 'all', '-i', '127.0.0.1:9,', '--', 'true');
    t.is(status, 4, stderr + stdout);
    t.notRegex(stderr + stdout, /bug in homerun|not installed completely/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('in what is installed nothing was compiled by a script of a package', (t) => {
  const compiled = readdirSync(join(projectRoot, 'node_modules/ssh2'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.node'),
  );
  t.deepEqual(compiled, []);
  t.regex(readFileSync(join(projectRoot, 'test/prepare.sh'), 'utf8'), /npm ci --ignore-scripts/);
});

const taken = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Unlicense', 'MIT OR Apache-2.0', '(MIT OR CC0-1.0)'];

test('every package has a licence that asks for no more than its name to be told', (t) => {
  for (const one of locked) t.true(taken.includes(licenceOf(one)), `${one.name}: ${licenceOf(one)}`);
});

test('npm run sbom lists what users run, with the digests of the lockfile', (t) => {
  t.is(manifest.scripts['sbom'], 'npm sbom --sbom-format=cyclonedx --omit=dev --package-lock-only');
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'sbom'], { cwd: projectRoot, encoding: 'utf8' });
  t.is(status, 0, stderr);
  const component = z.object({ name: z.string(), version: z.string(), hashes: z.array(z.object({ alg: z.string(), content: z.string() })) });
  const { bomFormat, components } = z.object({ bomFormat: z.string(), components: z.array(component) }).parse(JSON.parse(stdout));
  t.is(bomFormat, 'CycloneDX');
  for (const name of Object.keys(manifest.dependencies)) {
    const found = components.find((one) => one.name === name);
    const integrity = locked.find(({ path }) => path === `node_modules/${name}`)?.integrity ?? '';
    t.is(found?.hashes[0]?.content, Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'), name);
  }
  t.false(components.some(({ name }) => name in manifest.devDependencies && !(name in manifest.dependencies)));
});

test('what npm says of signatures is told apart: right, wrong, and that nobody could be asked', (t) => {
  t.is(understood(0, 'audited 73 packages in 2s\n\n73 packages have verified registry signatures\n').verdict, 'right');
  t.is(understood(1, '1 package has an invalid registry signature:\n\nleft-pad@1.3.0 (https://registry.npmjs.org/)\n').verdict, 'wrong');
  t.is(understood(1, '2 packages have missing registry signatures but the registry is providing signing keys:').verdict, 'wrong');
  t.is(understood(1, 'npm error code ENOTFOUND\nnpm error network request to https://… failed').verdict, 'unknown');
  t.is(understood(1, 'npm error found no dependencies to audit that were installed from a supported registry').verdict, 'unknown');
  t.is(understood(0, '').verdict, 'unknown');
});
