import test from 'ava';
import { filled } from './page.ts';
import { checkPyinfra } from './peers.ts';
import { bars, curves } from './picture.ts';
import type { Site } from './site.ts';
import { checkRecap } from './subjects.ts';

// Only the hosts' names are looked at.
const site = { endpoints: [{ name: 'h1' }, { name: 'h2' }] } as unknown as Site;

const recap = (line: string): string => `PLAY RECAP\nh1 : ok=40 changed=0 unreachable=0 failed=0 skipped=0\nh2  : ${line}\n`;

test('a run counts as converged only when each host says so', (t) => {
  const expected = { changed: 0 };
  t.notThrows(() => checkRecap(recap('ok=39   changed=0    unreachable=0    failed=0    skipped=1'), site, expected));
  for (const line of [
    'ok=40 changed=1 unreachable=0 failed=0 skipped=0',
    'ok=40 changed=0 unreachable=0 failed=1 skipped=0',
    'ok=40 changed=0 unreachable=1 failed=0 skipped=0',
    'ok=30 changed=0 unreachable=0 failed=0 skipped=0',
    'gone',
  ])
    t.throws(() => checkRecap(recap(line), site, expected), { message: /h2 should end with changed=0/ }, line);
});

test('what pyinfra says of all hosts together is compared with what each should do', (t) => {
  const table = (changed: string, failed: string): string => `    Grand total      288     ${changed}       ${failed}        276\n`;
  t.notThrows(() => checkPyinfra(table('-', '-'), site, { changed: 0 }));
  t.notThrows(() => checkPyinfra(table('2', '-'), site, { changed: 1 }));
  for (const said of [table('2', '-'), table('-', '1'), 'nothing'])
    t.throws(() => checkPyinfra(said, site, { changed: 0 }), { message: /should end with 0 changes/ });
});

test('a table goes to its place in the page, and the rest stays', (t) => {
  const page = 'one\n<!-- bench: a -->\nold\n<!-- end -->\ntwo\n<!-- bench: b -->\n<!-- end -->\n';
  const wanted = 'one\n<!-- bench: a -->\nold\n<!-- end -->\ntwo\n<!-- bench: b -->\nnew\n<!-- end -->\n';
  t.is(filled(page, new Map([['b', 'new\n']])), wanted);
  t.is(filled(wanted, new Map([['b', 'new\n']])), wanted);
  t.throws(() => filled(page, new Map([['c', '']])), { message: /no place for c/ });
});

test('a bar is as long as the logarithm of its seconds', (t) => {
  const drawn = bars(
    'A <title>',
    [1.1, 11, 110].map((seconds) => ({ label: `${seconds}`, seconds, spread: [seconds, seconds] as const })),
  );
  const widths = [...drawn.matchAll(/<rect class="mark" [^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  t.is(widths.length, 3);
  const [first = 0, second = 0, third = 0] = widths;
  t.true(Math.abs(second - first - (third - second)) < 0.3, widths.join());
  t.regex(drawn, /A &lt;title>/);
  t.notRegex(drawn, /NaN/);
});

test('a curve shows which of its points was ended before it was done', (t) => {
  const points = [
    { at: 1, seconds: 2, isEnded: false },
    { at: 200, seconds: 90, isEnded: true },
  ];
  const drawn = curves('Many', [{ label: 'slow', points }]);
  t.is(drawn.match(/<circle class="mark"/g)?.length, 1);
  t.is(drawn.match(/<circle class="line"/g)?.length, 1);
  t.notRegex(drawn, /NaN/);
});
