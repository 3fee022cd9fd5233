import test from 'ava';
import { checkTags, isSelected, startIndex } from '../../src/engine/select.ts';
import { batches } from '../../src/engine/serial.ts';
import type { Play } from '../../src/language/play.ts';
import { InputError } from '../../src/values/errors.ts';
import { SimulatedHost } from './simulated-host.ts';
import { play, task } from './world.ts';

/** tags of the task, --tags, --skip-tags, whether it runs: the table of Ansible's documentation on tags. */
const selections: readonly (readonly [tags: string[], asked: string[], skipped: string[], runs: boolean])[] = [
  [[], [], [], true],
  [['a'], [], [], true],
  [['a'], ['a'], [], true],
  [['a'], ['b'], [], false],
  [[], ['a'], [], false],
  [['a'], [], ['a'], false],
  [['a', 'b'], ['a'], ['b'], false],
  [['always'], ['a'], [], true],
  [['always'], ['a'], ['always'], false],
  [['always', 'a'], ['b'], ['a'], false],
  [['never'], [], [], false],
  [['never', 'a'], ['a'], [], true],
  [['never'], ['never'], [], true],
  [['never', 'a'], ['all'], [], false],
  [['a'], ['tagged'], [], true],
  [[], ['tagged'], [], false],
  [[], ['untagged'], [], true],
  [['a'], ['untagged'], [], false],
  [['a'], ['all'], [], true],
  [['a'], [], ['tagged'], false],
  [['always'], [], ['tagged'], false],
  [[], [], ['tagged'], true],
  [[], [], ['untagged'], false],
  [['always'], [], ['untagged'], true],
  [['always', 'a'], [], ['all'], true],
  [['always'], [], ['all', 'always'], false],
  [['a'], [], ['all'], false],
];

for (const [tags, asked, skipped, runs] of selections) {
  test(`a task with tags [${tags.join()}] ${runs ? 'runs' : 'does not run'} with --tags [${asked.join()}] --skip-tags [${skipped.join()}]`, (t) => {
    t.is(isSelected(tags, { tags: asked, skipTags: skipped }), runs);
  });
}

test('a tag that no task has is an error with the nearest one', (t) => {
  const plays = [{ tags: ['docker'], tasks: [task('run', {}, { tags: ['nginx'] })] }] as unknown as readonly Play[];
  const error = t.throws(() => checkTags({ tags: ['ngnix'], skipTags: [] }, plays), { instanceOf: InputError });
  t.is(error.message, '--tags: no task has the tag "ngnix"\n  Did you mean "nginx"?');
  t.notThrows(() => checkTags({ tags: ['docker', 'all'], skipTags: ['other'] }, plays));
});

test('the task to start at is found by its name or a pattern, and a wrong name is an error with the nearest one', (t) => {
  const names = ['Install Docker', 'Start (it)', 'Start nginx'];
  const order = names.map((name) => ({ name })) as never[];
  const find = (name: string) =>
    startIndex(name, order, (placed) => [`role : ${(placed as unknown as { name: string }).name}`, (placed as unknown as { name: string }).name]);
  t.is(find('Start nginx'), 2);
  t.is(find('Start*'), 1);
  t.is(find('Start (it)'), 1);
  t.throws(() => find('Start nginks'), { message: '--start-at-task: no task is called "Start nginks"\n  Did you mean "Start nginx"?' });
});

test('tasks before the one to start at are neither run nor asked about', async (t) => {
  const host = new SimulatedHost();
  const { statuses } = await play({ h: host }, [task('value', { name: 'a', value: 'x' }), task('value', { name: 'b', value: 'x' })], { startAt: 1 });
  t.deepEqual(statuses, ['h value changed']);
  t.deepEqual(host.log, ['b=x']);
});

const cuts: readonly (readonly [number, (number | `${number}%`)[], number[]])[] = [
  [5, [], [5]],
  [5, [2], [2, 2, 1]],
  [5, [1, 3], [1, 3, 1]],
  [5, ['50%'], [2, 2, 1]],
  [3, ['10%'], [1, 1, 1]],
  [0, [2], []],
];

for (const [count, serial, sizes] of cuts) {
  test(`serial [${serial.join()}] cuts ${count} hosts into batches of [${sizes.join()}]`, (t) => {
    const items = Array.from({ length: count }, (_, index) => index);
    const cut = batches(items, serial);
    t.deepEqual(
      cut.map((batch) => batch.length).filter((size) => size > 0),
      sizes,
    );
    t.deepEqual(cut.flat(), items);
  });
}
