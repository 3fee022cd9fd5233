import test from 'ava';
import { checkParams } from '../../src/modules/check-params.ts';
import { loadModules } from '../../src/modules/registry.ts';
import { referenceOf } from '../../src/modules/support/reference.ts';
import { loadModule } from './drive.ts';

const check = async (name: string, given: unknown, unknown?: ReadonlySet<string>) =>
  checkParams(name, await loadModule(name), given, () => undefined, unknown);

test("a parameter may be written under Ansible's other names for it", async (t) => {
  const checked = await check('cron', { name: 'a', value: 'x', dom: 1, dow: 'mon' });
  t.like(checked, { params: { name: 'a', job: 'x', day: '1', weekday: 'mon' } });
  t.like(await check('docker_volume', { volume_name: 'media' }), { params: { name: 'media' } });
});

test('what is wrong under another name is told at that name', async (t) => {
  const checked = await check('cron', { name: 'a', value: 'x', dom: '1 2' });
  t.like('problems' in checked ? checked.problems : [], [
    { path: ['dom'], message: 'cron day: expected a field as crontab(5) has it, such as 5, */10, 1-5 or mon,thu, got "1 2"' },
  ]);
});

test('a parameter that is given under two of its names is refused', async (t) => {
  const checked = await check('sysctl', { key: 'a.b', name: 'a.b', value: 1 });
  t.deepEqual('problems' in checked ? checked.problems : [], [
    { path: ['key'], message: 'sysctl: key is another name of name, which is given as well' },
  ]);
});

test('a value that is not known yet is not checked under another name either', async (t) => {
  t.deepEqual(await check('cron', { name: 'a', value: undefined, dom: 1 }, new Set(['value'])), { params: undefined });
});

test('other names stand for parameters that there are, and are no parameters themselves', async (t) => {
  const modules = await loadModules();
  for (const [name, module] of modules) {
    const names = referenceOf(name, module).params.map((param) => param.name);
    for (const [other, own] of Object.entries(module.aliases ?? {})) {
      t.true(names.includes(own), `${name} ${own}`);
      t.false(names.includes(other) || other in (module.absent ?? {}), `${name} ${other}`);
    }
  }
});

test("the reference tells a parameter's other names", async (t) => {
  const job = referenceOf('cron', await loadModule('cron')).params.find(({ name }) => name === 'job');
  t.regex(job?.description ?? '', / Also called `value`\.$/);
});
