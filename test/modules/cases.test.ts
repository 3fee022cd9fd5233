import test, { type ExecutionContext } from 'ava';
import { loadModules, ownName } from '../../src/modules/registry.ts';
import type { Questions } from '../../src/questions/question.ts';
import type { Change } from '../../src/values/change.ts';
import type { Command } from '../../src/values/command.ts';
import { TaskError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { isStream } from '../../src/values/stream.ts';
import { runScript, shells } from '../shell/shells.ts';
import { type Case, casesOf, type ExpectedChange, type ExpectedCommand, type ExpectedText, modulesWithCases } from './cases.ts';
import { askModule, loadModule, planModule, resultOf, validate } from './drive.ts';

/** Modules that look, decide or say, and never change a host. */
const changeNothing = new Set(['docker_containers', 'assert', 'debug', 'fail', 'set_fact', 'slurp', 'find', 'stat']);

/** Modules that say of themselves that they are never ok. */
const neverOk = new Set(['raw', 'reboot', 'wait_for_connection']);

const hostileText = /[$`'"\\\n]|[^\p{ASCII}]/u;

for (const name of new Set([...(await loadModules()).keys()].map(ownName))) {
  test(`${name} › has at least ten cases, one of them of a host that is already as it shall be`, (t) => {
    t.true(modulesWithCases().includes(name), `there is no test/modules/${name}.yaml`);
    const cases = casesOf(name);
    t.true(cases.length >= 10, `${cases.length} cases`);
    t.is(new Set(cases.map((one) => one.name)).size, cases.length, 'two cases have one name');
    if (neverOk.has(name) || name === 'fail') return;
    // What only decides or says asks the host for nothing.
    const asks = cases.some(({ answers }) => Object.keys(answers).length > 0);
    t.true(
      cases.some(({ changes, answers }) => changes?.length === 0 && (!asks || Object.keys(answers).length > 0)),
      'no case of a second run',
    );
  });
}

for (const name of modulesWithCases()) {
  const cases = casesOf(name);

  test(`${name} › has cases for what changes, what is ok, and hostile values`, (t) => {
    t.is(
      cases.some(({ changes }) => changes?.length),
      !changeNothing.has(name),
      'a case with a change',
    );
    t.is(
      cases.some(({ changes }) => changes?.length === 0) || cases.every(({ error }) => error !== undefined),
      !neverOk.has(name),
      'a case that is ok',
    );
    t.true(
      cases.some(({ params }) =>
        hostileText.test(JSON.stringify(params, (_, value) => (value instanceof Secret ? value.reveal() : value)).replaceAll(/\\?"/g, '')),
      ),
      'no case with quotes, $(…), line breaks or other scripts',
    );
  });

  test(`${name} › each parameter and the module are described by whole sentences`, async (t) => {
    const module = await loadModule(name);
    t.regex(module.summary, /^[A-Z].*\.$/);
    t.true(module.examples.length >= 2);
    const shape = 'shape' in module.params ? (module.params.shape as { [param: string]: { description?: string } }) : {};
    for (const [param, { description }] of Object.entries(shape)) t.regex(description ?? '', /^[A-Z`0-9].*\.$/s, param);
  });

  for (const one of cases) test(`${name} › ${one.name}`, checkCase, name, one);
}

async function checkCase(t: ExecutionContext, name: string, one: Case): Promise<void> {
  const module = await loadModule(name);
  const asked = new Set<string>();
  const answer = (questions: Questions) => {
    for (const key of Object.keys(questions)) {
      if (!(key in one.answers)) throw new Error(`the module asks ${JSON.stringify(key)}, which this case does not answer`);
      asked.add(key);
    }
    return Promise.resolve(one.answers);
  };
  if (one.error !== undefined) {
    const error = await t.throwsAsync(async () => {
      const params = validate(module, one.params);
      planModule(module, params, await askModule(module, params, answer), one.here, one.known);
    });
    const shown = error instanceof TaskError ? `${error.message}\n${error.hint ?? ''}` : (error?.message ?? '');
    t.true(shown.includes(one.error), `expected ${JSON.stringify(one.error)} in: ${shown}`);
    return;
  }
  const params = validate(module, one.params);
  const answers = await askModule(module, params, answer);
  t.deepEqual([...asked].sort(), Object.keys(one.answers).sort(), 'questions that were asked, and answers that the case holds');
  const changes = planModule(module, params, answers, one.here, one.known);
  t.deepEqual(planModule(module, params, answers, one.here, one.known).map(comparable), changes.map(comparable), 'planning twice gives the same');
  t.deepEqual(
    changes.map(({ summary }) => summary),
    (one.changes ?? []).map(({ summary }) => summary),
  );
  for (const [index, change] of changes.entries()) {
    checkChange(t, change, one.changes?.[index]);
    checkSecrets(t, change, secretsIn(one.params));
    await checkSyntax(t, change);
  }
  if (one.effect !== undefined) t.is(module.hadEffect?.(params as never, one.outputs) ?? true, one.effect);
  if (one.result) t.like(resultOf(module, params, answers, one.outputs, one.here), one.result);
}

/** With a word for each stream: functions are never equal. */
function comparable({ commands, ...rest }: Change): unknown {
  return {
    ...rest,
    commands: commands.map((command) => ({ ...command, ...(isStream(command.stdin) && { stdin: `a stream of ${command.stdin.length}` }) })),
  };
}

function checkChange(t: ExecutionContext, change: Change, expected: ExpectedChange | undefined): void {
  if (!expected) return;
  if (expected.writes) t.deepEqual([...change.writes], expected.writes);
  if (expected.brings) t.deepEqual(change.brings, expected.brings as typeof change.brings);
  if (expected.adds !== undefined) t.deepEqual(change.adds, expected.adds as typeof change.adds);
  if (expected.reconnects !== undefined) t.like({ is: change.reconnects }, { is: expected.reconnects });
  if (expected.waitsSeconds !== undefined) t.is(change.waitsSeconds, expected.waitsSeconds);
  if (expected.parts)
    t.deepEqual(
      change.parts?.map(({ summary, diff }) => ({ summary, ...(diff && { diff }) })),
      expected.parts as typeof change.parts,
    );
  if (expected.opaque !== undefined) t.is(change.opaque ?? false, expected.opaque);
  if (expected.staged !== undefined) t.is(change.staged ?? false, expected.staged);
  if (expected.diff) {
    const { label, before, after } = change.diff ?? {};
    t.like({ label, before: shown(before), after: shown(after) }, expected.diff);
  }
  if (!expected.commands) return;
  t.is(change.commands.length, expected.commands.length, `number of commands: ${change.commands.map(({ script }) => script).join('\n---\n')}`);
  for (const [index, command] of change.commands.entries()) checkCommand(t, command, expected.commands[index] ?? '');
}

function checkCommand(t: ExecutionContext, command: Command, expected: ExpectedCommand): void {
  if (typeof expected === 'string') {
    t.is(command.script, expected);
    return;
  }
  const { script, stdin, ...rest } = expected;
  if (script !== undefined) checkText(t, command.script, script);
  if (stdin !== undefined) checkText(t, isStream(command.stdin) ? 'a stream' : (shown(command.stdin) ?? ''), stdin);
  if (Object.keys(rest).length > 0) t.like(command, rest);
}

function checkText(t: ExecutionContext, text: string, expected: ExpectedText): void {
  if (typeof expected === 'string') {
    t.is(text, expected);
    return;
  }
  for (const part of expected.contains) t.true(text.includes(part), `expected ${JSON.stringify(part)} in:\n${text}`);
}

/** What is compared: bytes as text; a Secret as `!secret` and its text, so that a case says whether it must be one. */
function shown(text: string | Secret | Uint8Array | undefined): string | undefined {
  if (text instanceof Uint8Array) return Buffer.from(text).toString();
  return text instanceof Secret ? `!secret ${text.reveal()}` : text;
}

function secretsIn(value: unknown): readonly string[] {
  if (value instanceof Secret) return [value.reveal()];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}

/** No secret may stand where it is shown or where others on the host can see it. */
function checkSecrets(t: ExecutionContext, { summary, diff, commands, writes }: Change, secrets: readonly string[]): void {
  const visible = JSON.stringify({
    summary,
    diff,
    writes,
    commands: commands.map(({ script, stdin }) => ({ script, stdin: stdin instanceof Secret ? stdin : '' })),
  });
  for (const secret of secrets.filter((text) => text !== '')) t.false(visible.includes(secret), `a secret stands in: ${visible}`);
}

/** Each shell takes the scripts. */
async function checkSyntax(t: ExecutionContext, change: Change): Promise<void> {
  for (const shell of shells()) {
    for (const { script } of change.commands)
      t.like(await runScript({ ...shell, program: [...shell.program, '-n'] }, script), { rc: 0, stderr: '' }, script);
  }
}
