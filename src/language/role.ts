import { basename, join } from 'node:path';
import type { Source } from '../values/errors.ts';
import { type ArgumentSpecs, conformingLayer } from './argument-specs.ts';
import { readItems } from './block.ts';
import { readHandlers } from './handlers.ts';
import { fileLayer } from './layer.ts';
import { child, describeNode } from './node.ts';
import type { Handler, Inherited, Item } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf, readYaml } from './reader.ts';
import { readRoleSpecs } from './role-arguments.ts';
import { findRole, partFiles, type RolePart } from './role-find.ts';
import { readRoleList } from './role-list.ts';
import { asBoolean } from './value.ts';
import { type Layer, nothingAround, type Surroundings, valueLayer } from './variables.ts';
import { refuseStrange } from './words.ts';

/** What the roles of a play give to the whole play. */
export interface PlayRoles {
  /** By the role's folder and what it was read with, so that a role that is listed twice gives them once. */
  readonly defaults: Map<string, Layer>;
  readonly vars: Map<string, Layer>;
  readonly handlers: Map<string, readonly Handler[]>;
}

/** The files of a role's parts, where they are not `main`. */
export type RoleFrom = { readonly [part in RolePart]?: string };

/** One mention of a role: in `roles`, in `dependencies`, in `import_role` or `include_role`. */
export interface RoleCall {
  readonly name: string;
  readonly source: Source;
  /** From around it, and its own words. */
  readonly inherited: Inherited;
  /** The `vars` that it is listed with. */
  readonly vars: readonly Layer[];
  /** Those of `import_role`, which are in `inherited`. The whole play sees them, as it sees `vars`. */
  readonly ofImport?: readonly Layer[];
  /** Its parameters. */
  readonly params: readonly Layer[];
  readonly from: RoleFrom;
  /** Two mentions of a role with the same text here are the same. */
  readonly sameBy: string;
  /** Whether the same role is done once; by default as the role itself says. */
  readonly isOnce?: boolean;
  /** Its `defaults/` and `vars/` are seen in the whole play. */
  readonly isPublic: boolean;
}

/** Reads a role, after those that it depends on. */
export function readRole(call: RoleCall, reader: PlaybookReader): readonly Item[] {
  const { problems, files } = reader;
  const folder = findRole(call.name, call.source, reader);
  if (folder === undefined) return [];
  if (reader.importing.includes(folder)) {
    const circle = [...reader.importing.slice(reader.importing.indexOf(folder)), folder].filter((path) => files.kind(path) === 'folder');
    problems.error(`roles need each other in a circle: ${circle.map((path) => basename(path)).join(' → ')}`, call.source, 'Take one of them out.');
    return [];
  }
  const inner = {
    ...reader,
    folders: [...new Set([folder, join(folder, 'tasks'), ...reader.folders])],
    importing: [...reader.importing, folder],
    roleFolder: folder,
  };
  const meta = readMeta(folder, call, inner);
  const key = JSON.stringify([folder, call.from, call.sameBy]);
  const ofPlay = reader.declared;
  const conforming = (layers: readonly Layer[]) => (ofPlay ? layers.map((layer) => conformingLayer(layer, ofPlay)) : layers);
  const own = ownLayers(folder, call, reader, conforming);
  const outer = call.inherited.around ?? nothingAround;
  const params = [
    ...outer.params,
    ...conforming(call.params),
    valueLayer(`role ${call.name}`, { role_name: basename(folder), ansible_role_name: basename(folder), role_path: folder }),
  ];
  const around: Surroundings = {
    defaults: [...outer.defaults, ...own.defaults],
    vars: [...outer.vars, ...own.vars, ...conforming(call.vars)],
    params,
    role: basename(folder),
  };
  const before = meta.dependencies ? readRoleList(meta.dependencies, 'dependencies', { ...call.inherited, around }, inner) : [];
  if (call.isPublic) {
    const given = conforming([...call.vars, ...(call.ofImport ?? [])]);
    const shown = { defaults: own.defaults, vars: [...own.vars, ...given] };
    for (const part of ['defaults', 'vars'] as const) shown[part].forEach((layer) => reader.roles[part].set(`${key} ${layer.name}`, layer));
  }
  const inherited: Inherited = { ...call.inherited, around };
  const handlers = filesOf(folder, 'handlers', call, reader).flatMap((path) => {
    const node = readYaml(reader, path);
    return node ? readHandlers(node, inherited, { ...inner, importing: [...inner.importing, path] }) : [];
  });
  reader.roles.handlers.set(key, handlers);
  const tasks = filesOf(folder, 'tasks', call, reader).flatMap((path) => {
    const node = readYaml(reader, path);
    return node ? readItems(node, 'a file of tasks', inherited, { ...inner, importing: [...inner.importing, path] }) : [];
  });
  const { when, vars } = call.inherited;
  const declared = meta.specs && { role: call.name, source: call.source, specs: meta.specs, when, vars, around };
  const role = { key, isOnce: call.isOnce ?? !meta.allowsDuplicates, ...(declared && { arguments: declared }) };
  return [...before, { kind: 'block', name: call.name, source: call.source, block: tasks, rescue: [], always: [], role }];
}

function filesOf(folder: string, part: RolePart, { from, source }: RoleCall, reader: PlaybookReader): readonly string[] {
  return partFiles(folder, part, from[part], source, reader);
}

/** @param conforming brings what the play declares of variables into its declared form. */
function ownLayers(
  folder: string,
  call: RoleCall,
  reader: PlaybookReader,
  conforming: (layers: readonly Layer[]) => readonly Layer[],
): Pick<Surroundings, 'defaults' | 'vars'> {
  const layers = (part: 'defaults' | 'vars') => conforming(filesOf(folder, part, call, reader).flatMap((path) => fileLayer(path, reader) ?? []));
  return { defaults: layers('defaults'), vars: layers('vars') };
}

const metaWords = ['dependencies', 'allow_duplicates', 'galaxy_info', 'collections', 'argument_specs'];

interface Meta {
  readonly dependencies: ReturnType<typeof child>;
  readonly allowsDuplicates: boolean;
  readonly specs: ArgumentSpecs | undefined;
}

/** `meta/main.yaml`: what the role needs, and whether it may be done twice. Who wrote it and for what is not read. */
function readMeta(folder: string, call: RoleCall, reader: PlaybookReader): Meta {
  const { problems } = reader;
  const [path] = partFiles(folder, 'meta', undefined, call.source, reader);
  const node = path === undefined ? undefined : readYaml(reader, path);
  const mapping = node && mappingOf(node, "a role's meta", problems);
  const specs = readRoleSpecs(folder, mapping, call.from.tasks ?? 'main', reader);
  if (!mapping) return { dependencies: undefined, allowsDuplicates: false, specs };
  refuseStrange(mapping.entries, metaWords, "a role's meta", problems);
  const duplicates = child(mapping, 'allow_duplicates');
  const allowsDuplicates = duplicates?.kind === 'scalar' ? asBoolean(duplicates.value) : undefined;
  if (duplicates && allowsDuplicates === undefined)
    problems.error(`allow_duplicates wants true or false, got ${describeNode(duplicates)}`, duplicates.source);
  return { dependencies: child(mapping, 'dependencies'), allowsDuplicates: allowsDuplicates ?? false, specs };
}
