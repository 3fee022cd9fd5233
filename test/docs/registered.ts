import { casesOf, modulesWithCases } from '../modules/cases.ts';
import { askModule, loadModule, resultOf, validate } from '../modules/drive.ts';

/**
 * What a module adds to a registered result, by name with its kind, as the cases of its tests give it: a module says it in code, and nowhere
 * else.
 */
export async function registeredBy(name: string): Promise<ReadonlyMap<string, string>> {
  if (!modulesWithCases().includes(name)) return new Map();
  const module = await loadModule(name);
  // In others the answers are those before the change, of which a result is never made.
  const cases = module.result ? casesOf(name).filter(({ error, changes, result }) => error === undefined && (result || !changes?.length)) : [];
  const kinds = new Map<string, Set<string>>();
  for (const one of cases) {
    const params = validate(module, one.params);
    const answers = await askModule(module, params, () => Promise.resolve(one.answers));
    for (const [key, value] of Object.entries(resultOf(module, params, answers, one.outputs, one.here))) {
      if (value !== undefined) kinds.set(key, (kinds.get(key) ?? new Set()).add(kindOf(value)));
    }
  }
  return new Map([...kinds].map(([key, found]) => [key, [...found].sort().join(' or ')]));
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'number' : typeof value === 'string' ? 'text' : 'mapping';
}
