import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { projectRoot } from '../lab/places.ts';

const entry = z.object({
  version: z.string(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  license: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  dev: z.boolean().optional(),
  optional: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  link: z.boolean().optional(),
});

/** A package as package-lock.json has it. */
export interface Locked extends z.output<typeof entry> {
  readonly name: string;
  /** Where it lies: `node_modules/a`, `node_modules/b/node_modules/a`. */
  readonly path: string;
}

/** All packages of the lockfile. */
export function lockedPackages(): readonly Locked[] {
  const lock = z.object({ packages: z.record(z.string(), z.unknown()) }).parse(json('package-lock.json'));
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, value]) => ({ ...entry.parse(value), path, name: path.replace(/^.*node_modules\//, '') }));
}

const declared = z.object({
  license: z.string().optional(),
  // The old way.
  licenses: z.array(z.object({ type: z.string() })).optional(),
});

/** The licence that a package declares, in the lockfile or in its own folder. @throws Error for one that declares none */
export function licenceOf({ name, path, license }: Locked): string {
  if (license !== undefined) return license;
  const own = join(path, 'package.json');
  const found = existsSync(join(projectRoot, own)) ? declared.parse(json(own)) : {};
  const licence = found.license ?? found.licenses?.map(({ type }) => type).join(' OR ');
  if (licence === undefined) throw new Error(`${name} declares no licence`);
  return licence;
}

/** A JSON file of the project. */
export function json(path: string): unknown {
  return JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));
}
