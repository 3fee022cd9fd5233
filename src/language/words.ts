import type { Source } from '../values/errors.ts';
import { nearest } from './nearest.ts';
import type { Entry } from './node.ts';
import type { Problems } from './problems.ts';
import { withWords } from './with-loops.ts';

/** Where a word of the language may stand. */
export type Place = 'play' | 'block' | 'task' | 'handler' | 'import' | 'role' | 'include';

/** Words that a play hands down to its tasks, and a block to what is in it. */
const inherited = [
  'become',
  'become_user',
  'become_method',
  'environment',
  'tags',
  'vars',
  'no_log',
  'ignore_errors',
  'ignore_unreachable',
  'check_mode',
  'diff',
  'timeout',
  'throttle',
  'run_once',
  'any_errors_fatal',
  'module_defaults',
];
const blockOnly = ['block', 'rescue', 'always'];
const loops = ['loop', 'loop_control', ...withWords];
const taskOnly = ['args', ...loops, 'register', 'notify', 'failed_when', 'changed_when', 'until', 'retries', 'delay'];
const playOnly = [
  'hosts',
  'vars_files',
  'argument_specs',
  'pre_tasks',
  'roles',
  'tasks',
  'post_tasks',
  'handlers',
  'serial',
  'max_fail_percentage',
  'gather_facts',
  'force_handlers',
];

const handedDown = inherited.filter((word) => word !== 'any_errors_fatal');

const words: Readonly<Record<Place, readonly string[]>> = {
  play: ['name', ...playOnly, ...inherited],
  block: ['name', 'when', 'delegate_to', ...blockOnly, ...handedDown],
  task: ['name', 'when', 'delegate_to', ...taskOnly, ...handedDown],
  handler: ['name', 'when', 'delegate_to', 'listen', ...taskOnly, ...handedDown],
  import: ['name', 'when', 'tags', 'vars', 'become', 'become_user', 'become_method', 'environment', 'no_log', 'check_mode', 'diff'],
  role: ['role', 'name', 'when', 'delegate_to', ...handedDown.filter((word) => word !== 'module_defaults')],
  include: ['name', 'when', 'tags', 'vars', 'args', ...loops],
};

/** Words of Ansible's that are not ours, with what to write instead. */
const absent: Readonly<Record<string, string>> = {
  strategy: 'Delete it: each host goes on as fast as it can, tasks of one host stay in order.',
  connection: 'Delete it: hosts are reached over SSH, and localhost without it.',
  remote_user: 'Set ssh_user in the inventory, or give -u USER.',
  port: 'Set ssh_port in the inventory.',
  become_flags: 'Delete it: sudo, su and doas are called with the options that they need (sudo: -H), and take no others.',
  become_exe: 'Delete it: sudo, su and doas are called as they are found in PATH, also below /usr/local/bin and /usr/sbin.',
  collections: 'Delete it: modules are called by their short name.',
  vars_prompt: 'Give the value with -e NAME=VALUE, or put it into the secrets file and write {{ secret "NAME" }}.',
  order: 'Delete it: hosts are taken in the order of the inventory.',
  su: 'Write become: true and become_method: su.',
  su_user: 'Write become: true, become_method: su and become_user: USER.',
  sudo: 'Write become: true.',
  sudo_user: 'Write become: true and become_user: USER.',
  async: 'Delete it, and set timeout (seconds) if the task takes long.',
  poll: 'Delete it, and set timeout (seconds) if the task takes long.',
  debugger: 'Delete it; -vv shows what is sent and what comes back.',
  gather_subset: 'Delete it: what the play reads of "facts" is asked for, and nothing else.',
  gather_timeout: 'Delete it.',
  fact_path: 'Delete it.',
  delegate_facts: 'Delete it.',
  setup: 'Delete it: what the play reads of "facts" is asked for by itself; "homerun facts" shows them.',
  ping: 'Delete it: each run logs in first; "homerun facts" tells whether a host can be reached.',
  local_action: 'Write the module as usual and add delegate_to: localhost.',
  action: 'Write the module as the key: copy: {src: …, dest: …}.',
  user: 'Set ssh_user in the inventory, or give -u USER.',
  include: 'Write import_tasks: FILE, or include_tasks: FILE.',
  with_fileglob: 'Write loop with the names of the files.',
  with_first_found: 'Write loop with one name, chosen by {{ if … }}.',
};

/** Whether `word` may stand at `place`. */
export function isWord(word: string, place: Place): boolean {
  return words[place].includes(word);
}

/** Whether a block hands `word` down to what is in it. */
export function isBlockWord(word: string): boolean {
  return isWord(word, 'block') && !blockOnly.includes(word) && word !== 'name';
}

/** Whether `word` may stand somewhere. */
export function isWordAnywhere(word: string): boolean {
  return Object.values(words).some((list) => list.includes(word));
}

/** Notes every key that is none of `known`, the words of `what`. */
export function refuseStrange(entries: readonly Entry[], known: readonly string[], what: string, problems: Problems): void {
  for (const { key, keyNode } of entries) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    problems.error(`"${key}" is no word of ${what}`, keyNode.source, near === undefined ? `Words: ${known.join(', ')}.` : `Did you mean "${near}"?`);
  }
}

/** The words that may stand at `place`. */
export function wordsAt(place: Place): readonly string[] {
  return words[place];
}

/** Words of Ansible's that are not ours, with what to write instead. */
export function absentWords(): Readonly<Record<string, string>> {
  return absent;
}

/** Whether `key` is a word of Ansible's that is not taken; the problem is then noted. */
export function refuseAbsent({ key, keyNode }: Entry, problems: Problems): boolean {
  const instead = Object.hasOwn(absent, key) ? absent[key] : key.startsWith('with_') ? 'Write loop with a list of the items.' : undefined;
  if (instead === undefined) return false;
  problems.error(`"${key}" is not supported`, keyNode.source, instead);
  return true;
}

const placeNames: Readonly<Record<Place, string>> = {
  play: 'a play',
  block: 'a block',
  task: 'a task',
  handler: 'a handler',
  import: 'an import',
  role: 'a role of the play',
  include: 'an include',
};

/** Whether a word of `place` is most likely meant by `word`. */
export function isNearWord(word: string, place: Place): boolean {
  return nearest(word, words[place]) !== undefined || Object.values(words).some((others) => others.includes(word));
}

/** Notes a word that may not stand at `place`: where else it may, or what was meant. `others` are further names that fit there. */
export function refuseWord(word: string, source: Source, place: Place, problems: Problems, others: readonly string[] = []): void {
  // Where a word of tasks stands else, roles and includes would only make longer.
  const elsewhere = (['play', 'block', 'task', 'handler', 'import'] as const).filter((other) => other !== place && isWord(word, other));
  const near = nearest(word, [...words[place], ...others]);
  if (word === 'import_playbook')
    return problems.error(
      `"${word}" cannot stand in ${placeNames[place]}`,
      source,
      'It stands beside the plays of a playbook: - import_playbook: FILE.',
    );
  if (elsewhere.length > 0) {
    const places = elsewhere.map((other) => placeNames[other]).join(', ');
    return problems.error(
      `"${word}" cannot stand in ${placeNames[place]}`,
      source,
      word === 'listen' ? 'Only a handler listens.' : `It is a word of ${places}.`,
    );
  }
  problems.error(
    `"${word}" is no word of ${placeNames[place]}`,
    source,
    near === undefined ? `Words: ${[...words[place]].sort().join(', ')}.` : `Did you mean "${near}"?`,
  );
}
