import test from 'ava';
import type { Questions } from '../../src/questions/question.ts';
import type { Command } from '../../src/values/command.ts';
import { Secret } from '../../src/values/secret.ts';
import { casesOf, modulesWithCases } from '../modules/cases.ts';
import { askModule, loadModule, planModule, validate } from '../modules/drive.ts';

// Every text parameter of every case of every module, made secret: what comes to the host then is nowhere but on standard input, and a file that it is written
// to is its owner's alone from its birth.

type Path = readonly (string | number)[];

function textsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string' && value.length >= 3) return [path];
  if (typeof value !== 'object' || value === null || value instanceof Secret || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]));
}

/** So that it is told from what scripts consist of. */
const marked = '-geheim-9Zx2';

function withSecret(value: unknown, [first, ...rest]: Path): unknown {
  if (first === undefined) return new Secret(`${String(value)}${marked}`);
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? withSecret(item, rest) : item));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [first]: withSecret(record[first], rest) };
}

function secretsIn(value: unknown): readonly string[] {
  if (value instanceof Secret) return [value.reveal()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}

interface Found {
  readonly what: string;
  readonly secrets: readonly string[];
  readonly commands: readonly Command[];
}

/** What a module comes to where a parameter is secret; nothing where it refuses that. */
async function commandsOf(name: string): Promise<readonly Found[]> {
  const module = await loadModule(name);
  const found: Found[] = [];
  for (const one of casesOf(name)) {
    const variants = [one.params, ...textsIn(one.params).map((path) => withSecret(one.params, path))];
    for (const params of variants) {
      const secrets = secretsIn(params);
      if (secrets.length === 0) continue;
      try {
        const valid = validate(module, params);
        const answers = await askModule(module, valid, (_questions: Questions) => Promise.resolve(one.answers));
        const changes = planModule(module, valid, answers, one.here, one.known);
        found.push({ what: one.name, secrets, commands: changes.flatMap(({ commands }) => commands) });
      } catch {
        // It takes no secret there, or the answers do not fit.
      }
    }
  }
  return found;
}

/** Where a script writes what it is given to a file: the first such place from where it reads, or -1. */
function writesAt(script: string): number {
  const reads = Math.max(0, script.search(/IFS= read -r/));
  const at = script.slice(reads).search(/(?:^|[^0-9>&])>>?\s*(?:"\$(?!\{?homerun_folder)|\/(?!dev\/))/);
  return at < 0 ? at : reads + at;
}

for (const name of modulesWithCases()) {
  test(`${name} › what is secret comes on standard input alone, and into files that are their owner's from their birth`, async (t) => {
    const found = await commandsOf(name);
    for (const { what, secrets, commands } of found) {
      for (const { script, stdin } of commands) {
        if (!(stdin instanceof Secret)) continue;
        const carried = secrets.filter((text) => text.length >= 8 && stdin.reveal().includes(text));
        for (const text of carried) t.false(script.includes(text), `${what}: ${script}`);
        const at = writesAt(script);
        if (at >= 0) t.true(/umask 0?077/.test(script.slice(0, at)), `${what}: ${script}`);
      }
    }
    t.pass();
  });
}

test('a file with a secret is made by many modules, so that the test above looks at some', async (t) => {
  const counts = await Promise.all(
    modulesWithCases().map(async (name) => {
      const found = await commandsOf(name);
      return [
        name,
        found.flatMap(({ commands }) => commands).filter(({ script, stdin }) => stdin instanceof Secret && writesAt(script) >= 0).length,
      ] as const;
    }),
  );
  const writing = counts.filter(([, count]) => count > 0).map(([name]) => name);
  t.log(
    counts
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  for (const name of ['copy', 'template', 'lineinfile', 'blockinfile', 'replace']) t.true(writing.includes(name), name);
});
