import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBreach } from './law.ts';

/** A mistake that somebody could make: in which file, and what stands there instead. */
interface Defect {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const defects: readonly Defect[] = [
  { what: 'a write makes nothing stale', file: 'engine/answers', from: 'this.#known.delete(id);', to: 'void id;' },
  { what: 'links are not followed when answers become stale', file: 'engine/answers', from: ', ...this.#aliasesOf(writes)]', to: ']' },
  {
    what: 'answers of one user are taken for those of another',
    file: 'engine/answers',
    from: '`${identity} ${question.id}`',
    to: 'question.id + identity.slice(0, 0)',
  },
  {
    what: 'what a command did besides is not asked again',
    file: 'values/resource',
    from: "if (written === '*' || ",
    to: "if (written === '*') return false; if (",
  },
  { what: 'a removed folder leaves answers about what was in it', file: 'values/resource', from: ' || isWithin(readName, writtenName)', to: '' },
  { what: 'a new file leaves answers about its folder', file: 'values/resource', from: 'isWithin(writtenName, readName) || ', to: '' },
  {
    what: 'what is only true when its turn has come is remembered',
    file: 'engine/converge',
    from: 'question.kind.atTurn ? undefined : target',
    to: 'target',
  },
  {
    what: 'a user that was not there never is',
    file: 'engine/target',
    from: '(this.#refused.get(user) ?? this.#changes) === this.#changes',
    to: 'true',
  },
  { what: 'one answer that makes no sense spoils the others', file: 'engine/batch', from: 'isShared: group.length > 1', to: 'isShared: false' },
  {
    what: 'what looking ahead guesses is taken for a result',
    file: 'engine/lookahead',
    from: 'const registered = new Map(host.registered)',
    to: 'const registered = host.registered',
  },
  { what: 'a handler runs twice', file: 'engine/walk', from: 'host.pending.delete(handler);', to: '' },
  { what: 'handlers owed by an earlier run are forgotten', file: 'engine/journal', from: 'read(fileOf(host))[play] ?? []', to: '[]' },
  { what: 'a change does not notify', file: 'engine/whole-task', from: "outcome.status === 'changed' ||", to: '' },
  {
    what: 'always is left out on a host that failed',
    file: 'engine/walk',
    from: 'const before = host.out;\n    host.out = undefined;',
    to: 'const before = host.out;',
  },
  { what: 'changed_when is not heard', file: 'engine/task', from: 'judge(task.changedWhen', to: 'judge(undefined' },
  { what: 'one condition of a list is enough', file: 'engine/task', from: 'task.when.some((condition)', to: 'task.when.every((condition)' },
  { what: 'check mode makes changes', file: 'engine/converge', from: 'if (check) {', to: 'if (check === undefined) {' },
  { what: 'a change is not verified', file: 'engine/converge', from: 'mayDiffer = plan.changes.some((one) => one.staged)', to: 'mayDiffer = true' },
  {
    what: 'an item of a loop does not see what the one before has set',
    file: 'engine/whole-task',
    from: 'keep(host.registered, task.register, result.registered);',
    to: '',
  },
];

const cases = 4000;
const seed = 1;
/** The exit code that says so; none that a crash gives. */
const breach = 3;

if (process.argv[2] === 'look') process.exitCode = (await findBreach(cases, seed, false)) === undefined ? 0 : breach;
else process.exitCode = showAll();

/** Puts each defect into a copy of the program and shows whether the law's test finds it. */
function showAll(): number {
  const build = fileURLToPath(new URL('../../', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'homerun-defects-'));
  symlinkSync(join(build, '../node_modules'), join(folder, 'node_modules'));
  cpSync(join(build, '../package.json'), join(folder, 'package.json'));
  for (const part of ['src', 'test']) cpSync(join(build, part), join(folder, 'build', part), { recursive: true });
  let missed = 0;
  for (const { what, file, from, to } of defects) {
    const path = join(folder, 'build/src', `${file}.js`);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    const { status } = spawnSync(process.execPath, [join(folder, 'build/test/law/defects.js'), 'look'], { timeout: 300_000 });
    writeFileSync(path, text);
    if (status !== breach) missed += 1;
    console.log(`${status === breach ? 'caught' : 'MISSED'}: ${what}`);
  }
  rmSync(folder, { recursive: true });
  console.log(`${defects.length - missed} of ${defects.length} defects caught`);
  return missed === 0 ? 0 : 1;
}
