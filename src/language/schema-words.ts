import { becomeMethodNames } from '../values/become-method.ts';
import { condition, flag, type JsonSchema, orTemplate } from '../values/json-schema.ts';
import { withWords } from './with-loops.ts';

/** What may stand behind each word, and what it is for: shown by editors. `words.ts` says where a word may stand. */
const scalar: JsonSchema = { type: ['string', 'number', 'boolean'] };
const texts: JsonSchema = { anyOf: [{ type: ['string', 'number'] }, { type: 'array', items: { type: ['string', 'number'] } }] };
const variableName: JsonSchema = { type: 'string', pattern: '^[A-Za-z_]\\w*$' };
const yesOrNo: JsonSchema = { anyOf: [flag] };
const conditions: JsonSchema = { anyOf: [condition] };

/** Variables by name; nothing at all is none. */
export const variables: JsonSchema = { type: ['object', 'null'], propertyNames: variableName };

export const tasks: JsonSchema = { type: ['array', 'null'], items: { $ref: '#/definitions/task' } };
const handlers: JsonSchema = { type: ['array', 'null'], items: { $ref: '#/definitions/handler' } };

/** A number, which may be written as text, or put in when the playbook is run. */
export function number(least: number, most: number): JsonSchema {
  return orTemplate({
    anyOf: [
      { type: 'number', minimum: least, maximum: most },
      { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' },
    ],
  });
}

const batch: JsonSchema = {
  anyOf: [
    { type: 'integer', minimum: 1 },
    { type: 'string', pattern: '^([1-9]\\d*|\\d+(\\.\\d+)?%)$' },
  ],
};

const words: Readonly<Record<string, readonly [JsonSchema, string]>> = {
  name: [scalar, 'What it is called on the screen and in reports.'],
  hosts: [texts, 'Whom the play is for: a host, a group, or a pattern such as web:!web3.'],
  vars_files: [texts, 'Files of variables, looked for beside the playbook.'],
  argument_specs: [{ type: 'string' }, 'A file, or a folder of files, that says which variables there are, with type, default and meaning.'],
  pre_tasks: [tasks, 'Tasks before the others; handlers that they notify run after them.'],
  roles: [{ type: ['array', 'null'], items: { $ref: '#/definitions/role' } }, 'Roles whose tasks are done after pre_tasks, before the tasks.'],
  role: [{ type: 'string' }, 'The name of the role, or the path of its folder.'],
  tasks: [tasks, 'What shall be done, in this order on each host.'],
  post_tasks: [tasks, 'Tasks after the others; handlers that they notify run after them.'],
  handlers: [handlers, 'Tasks that run once at the end of a section, if something that changed has notified them.'],
  serial: [
    { anyOf: [...(batch['anyOf'] as readonly JsonSchema[]), { type: 'array', items: batch }] },
    'How many hosts are taken at a time: a number, a percentage, or a list of them.',
  ],
  max_fail_percentage: [
    {
      anyOf: [
        { type: 'number', minimum: 0, maximum: 100 },
        { type: 'string', pattern: '^\\d+(\\.\\d+)?%?$' },
      ],
    },
    'The run ends when more than so many percent of the hosts have failed.',
  ],
  gather_facts: [yesOrNo, 'Whether facts are wanted even if nothing reads them. Default: what is read is asked for.'],
  force_handlers: [yesOrNo, 'Whether handlers that were notified run on a host that has failed.'],
  module_defaults: [
    { allOf: [{ $ref: '#/definitions/moduleDefaults' }] },
    'Parameters that tasks in it have where they do not give them: MODULE: {parameter: value}.',
  ],
  any_errors_fatal: [yesOrNo, 'Whether the play ends for all hosts when one has failed.'],
  become: [yesOrNo, 'Whether it is done as another user: root, or become_user.'],
  become_user: [scalar, 'The user that it is done as.'],
  become_method: [orTemplate({ enum: [...becomeMethodNames] }), 'The program by which one becomes that user: sudo, su or doas. Default: sudo.'],
  environment: [orTemplate({ type: ['object', 'null'], propertyNames: variableName }), 'Environment variables for what runs on the host.'],
  tags: [texts, 'Names for --tags and --skip-tags; always and never have a meaning of their own.'],
  vars: [variables, 'Variables for what is in it.'],
  no_log: [yesOrNo, 'Whether parameters and results are kept out of screen, reports and logs.'],
  ignore_errors: [yesOrNo, 'Whether the host goes on when the task has failed.'],
  ignore_unreachable: [yesOrNo, 'Whether the host is tried again with the next task when it could not be reached.'],
  check_mode: [yesOrNo, 'Whether it is only looked at, whatever the run does (true), or done even when the run only looks (false).'],
  diff: [yesOrNo, 'Whether the differences in files are shown.'],
  timeout: [number(0, 86_400), 'Seconds that the task may take on a host.'],
  throttle: [number(0, 1_000_000), 'How many hosts may be at the task at once. Default, and 0: as many as the run takes.'],
  run_once: [yesOrNo, 'Whether it is done on the first host only, for all.'],
  when: [conditions, 'A condition in CEL, or a list that must all hold: otherwise it is skipped.'],
  delegate_to: [scalar, 'The host that it is done on instead, for this one: one of the inventory, or localhost.'],
  block: [tasks, 'Tasks that succeed or fail together.'],
  rescue: [tasks, 'Tasks for when one of the block has failed.'],
  always: [tasks, 'Tasks for the end, whether the block has failed or not.'],
  args: [{ type: ['object', 'null'] }, "Further parameters of the module; for those whose text stands behind the module's name."],
  loop: [orTemplate({ type: 'array' }), 'A list: the task is done for each entry, which is {{ item }}.'],
  ...Object.fromEntries(withWords.map((word) => [word, [{}, "One of Ansible's older words for a loop."] as const])),
  loop_control: [
    {
      type: ['object', 'null'],
      additionalProperties: false,
      properties: {
        loop_var: { ...variableName, description: 'The name of the entry. Default: item.' },
        index_var: { ...variableName, description: 'The name of its number, from 0.' },
        label: { description: 'What is shown for the entry.' },
        extended: { ...flag, description: 'Whether ansible_loop tells where the entry stands: index, first, last, length, …' },
        pause: { ...number(0, 86_400), description: 'Seconds between two entries.' },
      },
    },
    'How the loop is done and shown.',
  ],
  register: [variableName, 'The variable that keeps the result.'],
  notify: [texts, 'Handlers that run at the end if the task has changed something.'],
  listen: [texts, 'Further names that the handler answers to.'],
  failed_when: [conditions, 'When the task counts as failed; reads the registered result.'],
  changed_when: [conditions, 'When the task counts as changed; reads the registered result.'],
  until: [conditions, 'The task is tried again until this holds.'],
  retries: [number(0, 1_000_000), 'How often until is tried. Default 3.'],
  delay: [number(0, 86_400), 'Seconds between two tries. Default 5.'],
};

/** The words that there is a schema of. */
export const describedWords: readonly string[] = Object.keys(words);

/** The schema of what stands behind a word, with what it is for. @throws Error for a word that has none: a defect. */
export function wordSchema(word: string): JsonSchema {
  const found = Object.hasOwn(words, word) ? words[word] : undefined;
  if (!found) throw new Error(`there is no schema of the word ${word}`);
  const [schema, description] = found;
  return { description, ...schema };
}
