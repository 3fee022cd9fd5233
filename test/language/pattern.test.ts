import test from 'ava';
import type { Inventory } from '../../src/language/inventory.ts';
import { matchPattern } from '../../src/language/pattern.ts';
import { InputError } from '../../src/values/errors.ts';

const groups: Readonly<Record<string, readonly string[]>> = { web: ['h1', 'h2', 'h3'], db: ['h3', 'h4'], eu: ['h1', 'h4'], empty: [] };
const names = ['h1', 'h2', 'h3', 'h4', 'lone.example.org', '2001:db8::1'];
const source = { file: 'a', line: 1, column: 1 };

const inventory: Inventory = {
  hosts: new Map(
    names.map((name) => [
      name,
      { name, source, file: '/i', folder: '/', layers: [], groups: Object.keys(groups).filter((group) => groups[group]?.includes(name)) },
    ]),
  ),
  thisMachine: { name: 'localhost', source, file: '', folder: '/', layers: [], groups: [] },
  order: names,
  top: Object.keys(groups),
  groups: new Map(Object.entries(groups).map(([name, hosts]) => [name, { name, hosts, own: hosts, children: [] }])),
};

const matches: readonly (readonly [pattern: string, hosts: readonly string[]])[] = [
  ['all', names],
  ['*', names],
  ['h1', ['h1']],
  ['web', ['h1', 'h2', 'h3']],
  ['web:db', ['h1', 'h2', 'h3', 'h4']],
  ['web,db', ['h1', 'h2', 'h3', 'h4']],
  ['db:web', ['h3', 'h4', 'h1', 'h2']],
  ['h4, h1', ['h4', 'h1']],
  ['web:&eu', ['h1']],
  ['&eu:web', ['h1']],
  ['all:!h3', ['h1', 'h2', 'h4', 'lone.example.org', '2001:db8::1']],
  ['!web', ['h4', 'lone.example.org', '2001:db8::1']],
  ['web:!eu:&web', ['h2', 'h3']],
  ['h*', ['h1', 'h2', 'h3', 'h4']],
  ['h?', ['h1', 'h2', 'h3', 'h4']],
  ['*.example.org', ['lone.example.org']],
  ['w*', ['h1', 'h2', 'h3']],
  ['~h[12]', ['h1', 'h2']],
  ['~(web|lone)', ['h1', 'h2', 'h3', 'lone.example.org']],
  ['all:!~h.*', ['lone.example.org', '2001:db8::1']],
  ['web[0]', ['h1']],
  ['web[-1]', ['h3']],
  ['web[0:1]', ['h1', 'h2']],
  ['web[1:]', ['h2', 'h3']],
  ['ungrouped', ['lone.example.org', '2001:db8::1']],
  ['2001:db8::1', ['2001:db8::1']],
  ['empty', []],
  ['localhost', ['localhost']],
  ['localhost:h1', ['localhost', 'h1']],
  ['~local.*|h1', ['h1']],
  ['web h4', ['h1', 'h2', 'h3', 'h4']],
  ['h[!12]*', ['h3', 'h4']],
  ['web[0-1]', ['h1', 'h2']],
  ['~h(1|2):db', ['h1', 'h2', 'h3', 'h4']],
  ['~(?:h1),db', ['h1', 'h3', 'h4']],
];

for (const [pattern, hosts] of matches) {
  test(`${pattern} takes ${hosts.join(' ') || 'nothing'}`, (t) => {
    t.deepEqual(matchPattern(pattern, inventory), { hosts, strays: [] });
  });
}

test('parts that match nothing are told, with the nearest name', (t) => {
  t.deepEqual(matchPattern('wbe:h1:zzzz*', inventory), {
    hosts: ['h1'],
    strays: [
      { part: 'wbe', hint: 'Did you mean "web"?' },
      { part: 'zzzz*', hint: undefined },
    ],
  });
});

test('an empty pattern and a wrong regular expression are refused', (t) => {
  for (const pattern of ['', ' ', ',', '~(']) t.throws(() => matchPattern(pattern, inventory), { instanceOf: InputError }, pattern);
});
