import test from 'ava';
import { allCases, homerun } from './cases.ts';

// What a newcomer sees for each mistake, from the command line down. The cases stand as data beside this file, a file for each subject.

const subjects = allCases();

for (const [subject, cases] of subjects) {
  for (const { says, exit, ...one } of cases) {
    test(`${subject} › ${one.name}`, async (t) => {
      const { output, errors, ...rest } = await homerun(one);
      t.deepEqual({ says: output + errors, ...rest }, { says, exit, contacted: [] });
      t.notRegex(says, /bug in homerun|^ +at .*:\d+:\d+/m, 'a bug, or its stack trace');
    });
  }
}

test('there are at least 120 wrong playbooks and inventories, each of its own name', (t) => {
  const names = [...subjects].flatMap(([subject, cases]) => cases.map(({ name }) => `${subject} › ${name}`));
  t.true(names.length >= 120, `${names.length}`);
  t.deepEqual(names.length, new Set(names).size);
});

test('the project that the cases make mistakes in is right: it does contact its host', async (t) => {
  const { output, contacted } = await homerun({ line: 'run site.yaml', files: {}, secrets: {} });
  t.deepEqual(contacted, ['192.0.2.1']);
  t.regex(output, /192\.0\.2\.1 was contacted/);
});
