import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Loaded, load, type ModuleCatalog } from '../../src/language/load.ts';
import { nearest } from '../../src/language/nearest.ts';
import { formatProblem, InputError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { isMapping } from '../../src/values/vars.ts';

/** The parameters of the modules that the tests know; a question mark marks one that may be left out. */
const modules: Readonly<Record<string, readonly string[]>> = {
  add_host: [],
  assert: ['that', 'fail_msg?'],
  command: ['cmd', 'creates?', 'chdir?'],
  copy: ['src?', 'content?', 'dest', 'mode?'],
  debug: ['msg?'],
  group_by: ['key', 'parents?'],
  set_fact: [],
  shell: ['cmd', 'creates?', 'chdir?'],
  systemd: ['name', 'state?', 'enabled?'],
  template: ['src', 'dest', 'mode?'],
};

/** A catalog that knows names of parameters, and that a `mode` must be text. */
export const catalog: ModuleCatalog = {
  names: Object.keys(modules),
  freeForm: (name) => (name === 'command' || name === 'shell' ? 'cmd' : undefined),
  conditions: (name) => (name === 'assert' ? ['that'] : []),
  variables: (name) => (name === 'debug' ? ['var'] : []),
  localParams: (name) => new Map(name === 'template' ? [['src', 'template']] : name === 'copy' ? [['src', 'file']] : []),
  check(name, params) {
    const given = isMapping(params) ? params : {};
    const known = modules[name] ?? [];
    if (known.length === 0) return [];
    const names = known.map((one) => one.replace('?', ''));
    const strange = Object.keys(given).filter((one) => !names.includes(one));
    const missing = known.filter((one) => !one.endsWith('?') && !Object.hasOwn(given, one));
    const mode = given['mode'];
    return [
      ...strange.map((one) => ({ path: [one], message: `${name} has no parameter "${one}"`, hint: `Did you mean "${nearest(one, names)}"?` })),
      ...missing.map((one) => ({ path: [], message: `${name} lacks the parameter "${one}"` })),
      ...(typeof mode === 'number' ? [{ path: ['mode'], message: 'mode wants text' }] : []),
    ];
  },
  foresee: () => undefined,
};

/** Files of a user by path; folders are made as needed, and what begins with #! is executable. */
export type ProjectFiles = Readonly<Record<string, string>>;

export interface ProjectOptions {
  readonly playbooks?: readonly string[];
  readonly inventories?: readonly string[];
  readonly extraVars?: readonly string[];
  readonly limit?: string;
  readonly facts?: readonly string[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Calls `work` with a folder that holds `files`, and removes it afterwards. */
export async function inFolder<T>(files: ProjectFiles, work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-language-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const defaultFiles: ProjectFiles = { 'inventory/hosts.yaml': 'all:\n  hosts:\n    h1:\n' };

/** Loads `site.yaml` of `files` against `inventory/`; an inventory of one host stands in for one that is not given. */
export async function loadProject<T>(
  files: ProjectFiles,
  options: ProjectOptions,
  work: (loaded: Loaded, folder: string) => T | Promise<T>,
): Promise<T> {
  const hasInventory = Object.keys(files).some((path) => path.startsWith('inventory'));
  return inFolder(hasInventory || options.inventories ? files : { ...defaultFiles, ...files }, async (folder) =>
    work(await loadIn(folder, options), folder),
  );
}

function loadIn(folder: string, options: ProjectOptions): Promise<Loaded> {
  const secretOf = (values: Readonly<Record<string, string>> | undefined) => (name: string) => {
    const value = values?.[name];
    return value === undefined ? undefined : new Secret(value);
  };
  return load({
    playbooks: options.playbooks ?? ['site.yaml'],
    inventories: options.inventories ?? ['inventory'],
    extraVars: options.extraVars ?? [],
    modules: catalog,
    lookups: { env: secretOf(options.env), secret: secretOf(options.secrets) },
    workingFolder: folder,
    home: folder,
    version: '1.2.3',
    ...(options.limit !== undefined && { limit: options.limit }),
    ...(options.facts && { facts: options.facts }),
  });
}

/** What the screen says of a project: its errors, or its warnings when it loads; the temporary folder is taken out of it. */
export async function saidOf(files: ProjectFiles, options: ProjectOptions): Promise<string> {
  try {
    return await loadProject(files, options, (loaded) => loaded.warnings.map(formatProblem).join('\n'));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message.replaceAll(/\/\S*homerun-language-\w+\//g, '/FOLDER/');
  }
}
