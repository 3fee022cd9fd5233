import test from 'ava';
import { runProject } from './local-run.ts';

const inventory = `all:
  hosts:
    one: {ansible_connection: local, colour: red}
    two: {ansible_connection: local, colour: blue}
`;

/** Runs a playbook on this machine; `one` alone plays. */
function runLocally(playbook: string, environment: Readonly<Record<string, string>> = {}) {
  return runProject({ 'hosts.yaml': inventory, 'playbook.yaml': playbook }, 'hosts.yaml', 'playbook.yaml', { environment });
}

const play = (tasks: string) => `- hosts: one\n  gather_facts: false\n  tasks:\n${tasks}`;

test('hostvars and delegate_to reach hosts of the inventory that are in no play, and this machine; the recap does not name them', async (t) => {
  const { exitCode, events, tasks } = await runLocally(
    play(`    - debug: {msg: "{{ hostvars.two.colour }}"}
    - command: "true"
      delegate_to: two
    - command: "true"
      delegate_to: localhost
`),
  );
  t.is(exitCode, 0);
  t.deepEqual(
    tasks.map(({ host, status, message }) => [host, status, message]),
    [
      ['one', 'ok', 'blue'],
      ['one', 'changed', undefined],
      ['one', 'changed', undefined],
    ],
  );
  const last = events.at(-1);
  t.deepEqual(last?.event === 'recap' && Object.keys(last.hosts), ['one']);
});

test('timeout ends a command that takes longer', async (t) => {
  const { exitCode, tasks } = await runLocally(play('    - command: sleep 30\n      timeout: 1\n'));
  t.is(exitCode, 2);
  t.regex(tasks[0]?.message ?? '', /took longer than allowed/);
});

test('a script of the user that does without a program, and fails later, is told by its code and last words', async (t) => {
  const { tasks } = await runLocally(play('    - shell: nosuchprog-of-test; echo the real reason >&2; exit 3\n'));
  t.regex(tasks[0]?.message ?? '', /exit code 3: [^]*nosuchprog-of-test: (command )?not found\nthe real reason$/);
});

test('a secret does not reach events by names, messages, loops, output, environment, diffs or debugging', async (t) => {
  const secret = `{{ env 'A_SECRET' }}`;
  const { exitCode, events } = await runLocally(
    play(`    - name: "name ${secret}"
      shell: echo "$A"
      environment: {A: "${secret}"}
      register: r
    - debug: {msg: ["x ${secret}", "{{ r.stdout }}"]}
    - debug: {msg: "{{ item.p }}"}
      loop: [{p: "${secret}"}]
    - copy: {dest: "{{ playbook_dir }}/file", content: "a=${secret}", mode: "0600"}
    - shell: printf %s "$A" | base64; exit 1
      environment: {A: "${secret}"}
`),
    { A_SECRET: 'secret-value-of-test' },
  );
  t.is(exitCode, 2);
  const said = JSON.stringify(events);
  t.false(said.includes('secret-value-of-test'));
  t.false(said.includes(Buffer.from('secret-value-of-test').toString('base64').replaceAll('=', '')));
});
