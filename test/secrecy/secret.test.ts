import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import test from 'ava';
import { createTemplates } from '../../src/language/template.ts';
import { scopeOf } from '../../src/language/variables.ts';
import { quote, sh } from '../../src/values/command.ts';
import { Secret } from '../../src/values/secret.ts';
import { sqlText } from '../../src/values/sql.ts';

const text = 'correct horse battery';
const secret = new Secret(text);
/** As where types do not reach. */
const untyped = secret as unknown as string;
const wrapped = { password: secret, list: [secret], map: new Map([['password', secret]]) };
/** What is thrown, or else given. */
const thrown = (act: () => unknown): string => {
  try {
    return inspect(act());
  } catch (error) {
    return inspect(error, { showHidden: true });
  }
};

/** All that makes text of a value, by mistake or on purpose. */
const ways: Readonly<Record<string, () => string>> = {
  'a template literal': () => `${untyped}`,
  addition: () => '' + secret,
  String: () => String(secret),
  'join of a list': () => [secret, secret].join(),
  'JSON, also deep within': () => JSON.stringify({ secret, wrapped: { ...wrapped, map: [...wrapped.map] } }),
  'inspect, with all that is hidden': () => inspect(wrapped, { showHidden: true, depth: null, getters: true }),
  'inspect without the word of the class': () => inspect(secret, { customInspect: false, showHidden: true, depth: null }),
  'format with each letter': () => ['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c'].map((letter) => format(letter, secret)).join(' '),
  'the words of an error': () => inspect(new Error(`no ${untyped}`, { cause: wrapped })),
  'an error with it as its cause': () => inspect(new Error('no', { cause: secret }), { depth: null }),
  'all properties': () => inspect([Object.entries(secret), Object.getOwnPropertyDescriptors(secret), Reflect.ownKeys(secret), { ...secret }]),
  structuredClone: () => inspect(structuredClone(wrapped), { depth: null, showHidden: true }),
  'V8 itself': () => serialize(wrapped).toString('latin1'),
  'an address': () =>
    `${encodeURIComponent(String(secret))} ${new URL(`https://host/${untyped}`).href} ${new URLSearchParams({ a: String(secret) }).toString()}`,
  bytes: () => thrown(() => Buffer.from(secret as unknown as string)),
  'a number': () => `${Number(secret)} ${thrown(() => BigInt(secret as unknown as string))}`,
  'a comparison that fails': () => thrown(() => mustBe(secret, new Secret('other'))),
  'a word of a shell': () => `${thrown(() => quote(secret as unknown as string))} ${thrown(() => sh`echo ${untyped}`)}`,
  'text of SQL': () => thrown(() => sqlText(secret as unknown as string)),
};

function mustBe(one: unknown, other: unknown): void {
  if (one !== other) throw new TypeError(`${inspect(one)} is not ${inspect(other)}`);
}

for (const [way, make] of Object.entries(ways)) {
  test(`a secret does not show in: ${way}`, (t) => {
    const shown = make();
    t.false(shown.includes('horse'), shown);
    t.false(shown.includes(Buffer.from(text).toString('base64').slice(0, 12)), shown);
  });
}

test('what is rendered from a secret is one, whatever is done to it on the way', (t) => {
  const templates = createTemplates({ secret: () => secret, env: () => secret });
  const scope = scopeOf([]);
  const at = () => ({ file: 'a', line: 1, column: 1 });
  for (const one of [
    "{{ secret 'a' }}",
    "x{{ secret 'a' }}y",
    "{{ env 'A' }}",
    "{{ upper (secret 'a') }}",
    "{{ b64encode (concat 'x' (secret 'a')) }}",
    "{{ json (split (secret 'a')) }}",
    "{{ default nothing (secret 'a') }}",
    "{{ if true (secret 'a') 'x' }}",
    "{{ sha256 (secret 'a') }}",
    "{{#if (secret 'a')}}{{ trim (secret 'a') }}{{/if}}",
    "{{#each (split (secret 'a'))}}{{ this }}{{/each}}",
    "{{#with (secret 'a')}}{{ this }}{{/with}}",
    "{{ regex_replace (secret 'a') 'correct' '' }}",
    "{{ replace 'password is P' 'P' (secret 'a') }}",
  ]) {
    const value = templates.compile(one, at).evaluate(scope);
    t.true(value instanceof Secret, `${one}: ${inspect(value)}`);
  }
});
