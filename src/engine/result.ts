import type { Output } from '../values/command.ts';
import { isMapping, type Value, type Vars } from '../values/vars.ts';

/** What the engine itself knows of a task's end, before the module adds its own. */
export interface Bare {
  readonly changed: boolean;
  readonly failed?: boolean;
  readonly skipped?: boolean;
  readonly msg?: string;
  readonly outputs?: readonly Output[];
}

/** The value that `register` gives: Ansible's names, the module's own on top. */
export function registeredResult(bare: Bare, own: Vars = {}): Vars {
  const last = bare.outputs?.at(-1);
  return {
    ...(last && { rc: last.rc, stdout: last.stdout, stdout_lines: linesOf(last.stdout), stderr: last.stderr, stderr_lines: linesOf(last.stderr) }),
    ...own,
    changed: bare.changed,
    failed: bare.failed ?? false,
    skipped: bare.skipped ?? false,
    ...(bare.msg !== undefined && { msg: bare.msg }),
  };
}

/** Keeps a result: under the name of `register`, and what the module gives as `ansible_facts` (`set_fact`) as variables of their own. */
export function keep(registered: Map<string, Value>, name: string | undefined, result: Vars): void {
  if (name !== undefined) registered.set(name, result);
  const facts = result['ansible_facts'];
  if (isMapping(facts)) for (const [fact, value] of Object.entries(facts)) registered.set(fact, value);
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
