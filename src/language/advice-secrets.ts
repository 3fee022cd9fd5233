import { InputError, type Source } from '../values/errors.ts';
import { isMapping, type Value } from '../values/vars.ts';
import type { Expression } from './expression.ts';
import { UnknownValue } from './expression.ts';
import { tasksIn } from './handlers.ts';
import type { Inventory } from './inventory.ts';
import type { Play } from './play.ts';
import type { Problems } from './problems.ts';
import type { Layer } from './variables.ts';

/** Names of what must stay secret, by their last words. */
const secretName = /(^|[_-])(password|passwd|passphrase|pass|secret|token|(api|private|secret|signing|access)[_-]?key)$/i;

/** What is no secret whatever its name says: a path, a hash as crypt(3) makes it, what locks an account, a word that chooses. */
const harmless = /^(~?\/|\$\w+\$|[!*]+$|(always|on_create|none|present|absent)$)/;

/** Warns of passwords and the like that stand in plain text: in the inventory, in variables of plays, roles, blocks and tasks, and in parameters. */
export function adviceOnSecrets(plays: readonly Play[], inventory: Inventory, problems: Problems): void {
  const layers = new Set<Layer>([...[...inventory.hosts.values()].flatMap((host) => host.layers), ...plays.flatMap(layersIn)]);
  for (const { bindings } of layers) {
    for (const [name, binding] of bindings) {
      if ('expression' in binding) adviseOn(name, binding.expression, binding.source, problems);
    }
  }
  for (const { tasks, handlers } of plays) {
    for (const { params } of [...tasksIn(tasks), ...handlers.map(({ task }) => task)]) {
      for (const [name, expression] of params.entries ?? []) adviseOn(name, expression, params.sourceAt([name], true), problems);
    }
  }
}

function layersIn({ layers, tasks, handlers }: Play): readonly Layer[] {
  const all = [...tasksIn(tasks), ...handlers.map(({ task }) => task)];
  return [...layers.vars, ...all.flatMap(({ vars, around }) => [...vars, ...(around ? [...around.defaults, ...around.vars, ...around.params] : [])])];
}

function adviseOn(name: string, expression: Expression, source: Source, problems: Problems): void {
  if (expression.entries) {
    for (const [key, entry] of expression.entries) adviseOn(key, entry, expression.sourceAt([key], true), problems);
    return;
  }
  if (expression.variables.size > 0) return;
  adviseOnValue(name, constantOf(expression), { source, at: (path) => expression.sourceAt(path, true), path: [] }, problems);
}

interface Where {
  readonly source: Source;
  readonly at: (path: readonly PropertyKey[]) => Source;
  readonly path: readonly PropertyKey[];
}

function adviseOnValue(name: string, value: Value | undefined, where: Where, problems: Problems): void {
  const below = (key: PropertyKey): Where => ({ ...where, path: [...where.path, key], source: where.at([...where.path, key]) });
  if (Array.isArray(value)) value.forEach((item: Value, index) => adviseOnValue(name, item, below(index), problems));
  else if (isMapping(value)) for (const [key, item] of Object.entries(value)) adviseOnValue(key, item, below(key), problems);
  else if (secretName.test(name) && (typeof value === 'number' || (typeof value === 'string' && value !== '' && !harmless.test(value))))
    problems.warning(
      `"${name}" stands here in plain text`,
      where.source,
      `Keep it encrypted: homerun secret set ${name}, and write '{{ secret "${name}" }}' here.`,
    );
}

/** The value of what reads no variable; undefined where a template in it cannot be evaluated now. */
function constantOf(expression: Expression): Value | undefined {
  try {
    return expression.evaluate({ get: () => undefined, names: () => [] });
  } catch (error) {
    if (error instanceof InputError || error instanceof UnknownValue) return undefined;
    throw error;
  }
}
