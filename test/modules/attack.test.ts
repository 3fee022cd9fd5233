import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import test from 'ava';
import type { Module } from '../../src/modules/module.ts';
import type { Questions } from '../../src/questions/question.ts';
import { type Case, casesOf, modulesWithCases } from './cases.ts';
import { askModule, loadModule, planModule, validate } from './drive.ts';

// Every text of every case, with something at its end that is a mistake of sh wherever sh would read it: what a quoted word holds is none. The scripts are
// read by a shell and not run.

/** Each breaks a script that it stands in unquoted; those with $( and ` also one that it stands in within double quotes. */
const attacks = ['a)b', 'a$(b', "a'b", 'a"b', 'a`b', 'a;;b', 'a\nfi\n'];

/** Parameters that are sh, by their meaning. */
const areShell: Readonly<Record<string, readonly string[]>> = {
  raw: ['cmd'],
  reboot: ['test_command'],
  shell: ['cmd'],
};

type Path = readonly (string | number)[];

function textsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== (Array.isArray(value) ? Array.prototype : Object.prototype))
    return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]));
}

function withText(value: unknown, [first, ...rest]: Path, change: (text: string) => string): unknown {
  if (first === undefined) return change(String(value));
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? withText(item, rest, change) : item));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [first]: withText(record[first], rest, change) };
}

/** All scripts that a case comes to: those of its questions, and those of its changes as far as it gets. */
async function scriptsOf(module: Module, one: Case, params: unknown): Promise<readonly string[]> {
  const scripts: string[] = [];
  try {
    const valid = validate(module, params);
    const answer = (questions: Questions) => {
      for (const { kind, params: asked } of Object.values(questions)) scripts.push(kind.script([asked]));
      return Promise.resolve(one.answers);
    };
    const changes = planModule(module, valid, await askModule(module, valid, answer), one.here, one.known);
    scripts.push(...changes.flatMap(({ commands }) => commands.map(({ script }) => script)));
  } catch {
    // Refused: what it asked before must be quoted all the same.
  }
  return scripts;
}

interface Attempt {
  readonly what: string;
  readonly script: string;
}

async function attemptsOf(name: string): Promise<readonly Attempt[]> {
  const module = await loadModule(name);
  const attempts: Attempt[] = [];
  for (const one of casesOf(name)) {
    // It would take seconds with each attack, and comes to no other script.
    if (one.name === 'an expression that takes for ever is stopped') continue;
    for (const path of textsIn(one.params)) {
      if (areShell[name]?.includes(String(path[0]))) continue;
      for (const attack of attacks) {
        const params = withText(one.params, path, (text) => text + attack);
        for (const script of await scriptsOf(module, one, params)) {
          attempts.push({ what: `${one.name}: ${path.join('.')} with ${JSON.stringify(attack)}`, script });
        }
      }
    }
  }
  return attempts;
}

/** Of attempts whose script is none, the first; each in a function of its own, so that one shell reads many. */
function broken(attempts: readonly Attempt[]): Attempt | undefined {
  const unique = [...new Map(attempts.map((attempt) => [attempt.script, attempt])).values()];
  if (isRead(unique)) return undefined;
  if (unique.length === 1) return unique[0];
  const half = Math.ceil(unique.length / 2);
  return broken(unique.slice(0, half)) ?? broken(unique.slice(half));
}

function isRead(attempts: readonly Attempt[]): boolean {
  const input = attempts.map(({ script }) => `f() {\n${script}\n}\n`).join('');
  return spawnSync('/bin/dash', ['-n'], { input }).status === 0;
}

for (const name of modulesWithCases()) {
  (existsSync('/bin/dash') ? test : test.skip)(`${name} › no text of a parameter is read by a shell`, async (t) => {
    t.timeout(180_000);
    const attempts = await attemptsOf(name);
    const found = broken(attempts);
    t.is(found, undefined, found && `${found.what}\n${found.script}`);
    if (attempts.length > 0) t.log(`${attempts.length} scripts`);
    t.pass();
  });
}
