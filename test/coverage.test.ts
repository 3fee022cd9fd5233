import { join } from 'node:path';
import test from 'ava';
import { project } from './cli/project.ts';
import { coverageIn } from './coverage.ts';

/** A summary as c8 writes it: covered and all lines of each file. */
function summaryOf(files: Readonly<Record<string, readonly [covered: number, total: number]>>): string {
  const root = project({});
  const counted = Object.entries(files).map(([file, [covered, total]]) => [join(root, file), { lines: { covered, total } }]);
  return project({ 'coverage-summary.json': JSON.stringify({ total: { lines: { covered: 0, total: 0 } }, ...Object.fromEntries(counted) }) });
}

const enough = {
  'src/engine/a.ts': [9, 10],
  'src/language/a.ts': [10, 10],
  'src/modules/support/a.ts': [99, 100],
  'src/questions/a.ts': [95, 100],
} as const;

test('the lines of a folder are counted together, and folders that nothing is wanted of may have few', (t) => {
  t.deepEqual(coverageIn(summaryOf({ ...enough, 'src/modules/b.ts': [0, 5], 'src/cli/a.ts': [1, 10] })), {
    isEnough: true,
    report: 'lines of src that the tests run:\ncli         10.0 %\nengine      90.0 %\nlanguage   100.0 %\nmodules     94.3 %\nquestions   95.0 %\n',
  });
});

test('a folder with too little is named with the files that lack most', (t) => {
  const { isEnough, report } = coverageIn(summaryOf({ ...enough, 'src/engine/b.ts': [1, 3], 'src/engine/c.ts': [0, 5] }));
  t.false(isEnough);
  t.true(
    report.includes('engine      55.6 %, and not 90 %\n  src/engine/c.ts: 5 lines are not run\n  src/engine/b.ts: 2 lines are not run\n'),
    report,
  );
});

test('a folder of which nothing was measured is not enough', (t) => {
  const { 'src/engine/a.ts': _, ...rest } = enough;
  t.false(coverageIn(summaryOf(rest)).isEnough);
});
