import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { Masker } from '../../src/engine/mask.ts';
import { Redactor } from '../../src/values/redact.ts';
import { Secret } from '../../src/values/secret.ts';
import { testSeed } from '../random.ts';
import { hostile } from './canaries.ts';
import { betrayed, disguised, encodings } from './encodings.ts';
import { hideDrawn } from './masking.ts';

test('there are 14 encodings, and in each of them each canary is found by its name', (t) => {
  t.is(encodings.length, 14);
  for (const [name, secret] of Object.entries(hostile)) {
    for (const [encoding, text] of disguised(secret)) {
      t.true(betrayed(text, { [name]: secret }).includes(`${name}, ${encoding}`), `${name}, ${encoding}: ${text}`);
    }
  }
  t.deepEqual(betrayed('nothing is here', hostile), []);
});

test('the masker hides each canary in each encoding, and leaves what stands around it', (t) => {
  const masker = new Masker();
  for (const secret of Object.values(hostile)) masker.learn(new Secret(secret));
  for (const [name, secret] of Object.entries(hostile)) {
    // Three characters are too few to be looked for, unless they are rare ones.
    for (const [encoding, text] of disguised(secret)) {
      const shown = masker.text(`begin ${text} end`);
      t.deepEqual(betrayed(shown, { [name]: secret }), [], `${name}, ${encoding}`);
      t.regex(shown, /^begin [\s\S]*\*\*\*[\s\S]* end$/, `${name}, ${encoding}`);
    }
  }
});

/** Text of all that means something to a program on the way, eight characters at least: what the secrets file takes. */
const pieces = fc.constantFrom(
  'a',
  'Z',
  '9',
  "'",
  '"',
  '\\',
  '$',
  '`',
  '\n',
  '\r\n',
  ' ',
  '%',
  '&',
  '<',
  '/',
  '+',
  '=',
  'é',
  '世',
  '🔑',
  '\t',
  '{{',
  '#',
);
const secrets = fc.array(pieces, { minLength: 8, maxLength: 40 }).map((parts) => parts.join(''));
const meaningful = secrets.filter((text) => new Set(text).size >= 4 && text.trim().length >= 8);

testProp(
  'of a secret of whatever characters nothing is left in any encoding, whatever stands around it',
  [meaningful, fc.string(), fc.string()],
  (t, secret, before, after) => {
    const masker = new Masker();
    masker.learn(new Secret(secret));
    for (const { name, forms } of encodings) {
      for (const form of forms(secret)) {
        if (form.length < 8) continue;
        t.false(masker.text(`${before}${form}${after}`).includes(form), `${name}: ${form}`);
      }
    }
  },
);

testProp(
  'what base64 makes of a text that holds a secret shows nothing of it, also in lines',
  [meaningful, fc.string(), fc.string()],
  (t, secret, before, after) => {
    const masker = new Masker();
    masker.learn(new Secret(secret));
    const encoded = Buffer.from(`${before}${secret}${after}`).toString('base64');
    for (const text of [encoded, encoded.replaceAll(/.{64}/g, '$&\n'), encoded.replaceAll(/.{76}/g, '$&\r\n  ')]) {
      const shown = masker.text(text);
      t.deepEqual(
        betrayed(shown, { secret }).filter((what) => what.includes('base64')),
        [],
        shown,
      );
    }
  },
);

test('of 3,000 drawn secrets nothing is left, in any of 14 encodings (npm run soak tries 100,000)', (t) => {
  const seed = testSeed();
  const { left, hidden } = hideDrawn(seed, 3000);
  t.log(`HOMERUN_SEED=${seed}: ${hidden} texts`);
  t.deepEqual(left, []);
});

test('secrets that overlap, and one that is a part of another, leave nothing', (t) => {
  const masker = new Masker();
  for (const secret of ['correct-horse', 'horse-battery', 'battery', 'correct-horse-battery-staple']) masker.learn(new Secret(secret));
  t.is(masker.text('<correct-horse-battery>'), '<***>');
  t.is(masker.text('<correct-horse-battery-staple>'), '<***>');
  t.is(masker.text('<horse-battery-staple>'), '<***-staple>');
  t.is(masker.text('battery battery'), '*** ***');
});

test('each long line of a secret of several is hidden, each text of one that is JSON, and no short one', (t) => {
  const masker = new Masker();
  masker.learn(new Secret('-----BEGIN KEY-----\n}\nMIIEvQIBADANBg\n'));
  masker.learn(new Secret('{"user": "bob", "token": ["s3cr3t-token"]}'));
  t.is(masker.text('  MIIEvQIBADANBg\r\n} bob s3cr3t-token'), '  ***\r\n} bob ***');
});

test('what was thrown is hidden in words, stack and causes, and stays what it is', (t) => {
  const masker = new Masker();
  masker.learn(new Secret('correct horse'));
  const error = new TypeError('no correct horse', { cause: new Error('correct horse') });
  const masked = masker.error(error);
  t.is(masked, error);
  t.is(error.message, 'no ***');
  t.false(error.stack?.includes('correct horse'));
  t.is((error.cause as Error).message, '***');
});

testProp(
  'a text without any of them stays as it is, and texts of one and two characters are found too',
  [fc.string(), fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 6 })],
  (t, text, forms) => {
    const redactor = new Redactor();
    redactor.add(forms);
    const shown = redactor.text(text);
    const isThere = forms.some((form) => text.includes(form));
    t.is(shown === text, !isThere || text === shown);
    if (!isThere) t.is(shown, text);
    for (const form of forms)
      if (!form.includes('*'))
        t.false(
          shown.split('***').some((rest) => rest.includes(form)),
          form,
        );
  },
);

test('a hundred secrets cost a log of megabytes little, and none of it is taken for one', (t) => {
  const masker = new Masker();
  for (let index = 0; index < 100; index++) masker.learn(new Secret(`${Buffer.from(`secret ${index} of many`).toString('base64')}`));
  const line = 'Nov 26 04:32:51 web1 systemd[1]: Started nginx.service - A high performance web server and a reverse proxy server.\n';
  const log = line.repeat(40_000);
  const started = performance.now();
  t.is(masker.text(log), log);
  const rate = log.length / 1_000_000 / ((performance.now() - started) / 1000);
  t.log(`${(log.length / 1_000_000).toFixed(1)} MB at ${rate.toFixed(0)} MB/s`);
  // Of a machine that does something else besides.
  t.true(rate > 1);
});

test('a secret is hidden also where something stands in it: folded lines, signs of a difference, names of hosts, colours, breaks of mails', (t) => {
  const secret = 'correct horse battery staple é 12345';
  const masker = new Masker();
  masker.learn(new Secret(secret));
  const encoded = Buffer.from(`before ${secret} behind`).toString('base64');
  const texts = [
    'correct horse battery\n  staple é 12345',
    'correct horse \n+battery staple é 12345',
    'web1 | correct horse \nweb1 | battery staple é 12345',
    'correct \u001b[31mhorse\u001b[0m battery staple é 12345',
    'correct horse bat=\r\ntery staple =C3=A9 12345',
    encoded.replaceAll(/.{20}/g, '$&\\n'),
    encoded.replaceAll(/.{20}/g, '$&\n+'),
    Buffer.from(secret)
      .toString('hex')
      .replaceAll(/..(?=.)/g, '$&:'),
    Buffer.from(secret).toString('hex').replaceAll(/../g, '%$&'),
  ];
  for (const text of texts) {
    const shown = masker.text(`> ${text} <`);
    t.regex(shown, /^> [\s\S]{0,20}\*\*\*[\s\S]{0,20} <$/, `${text}: ${shown}`);
    t.notRegex(shown, /horse|battery|staple/, text);
  }
});

test('a host that says a secret a million times, or the begin of many, makes nothing of it but one mark', (t) => {
  const masker = new Masker();
  for (const secret of ['abcd1234', 'aaaaaaaa', '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n'])
    masker.learn(new Secret(secret));
  t.is(masker.text('abcd1234'.repeat(1 << 18)), '***');
  t.is(masker.text('a'.repeat(1 << 20)), '***');
  const dashes = '-'.repeat(1 << 20);
  t.is(masker.text(dashes), dashes);
});

test('of a secret that was cut where a text is shortened, what is left is hidden too', (t) => {
  const masker = new Masker();
  masker.learn(new Secret('correct-horse-battery-staple'));
  t.is(masker.text('the server said: token correct-horse-batt…'), 'the server said: token ***…');
  t.is(masker.text('sh: …horse-battery-staple is wrong'), 'sh: …*** is wrong');
  t.is(masker.text('x correct-horse-b\n[12 bytes left out]\nry-staple y'), 'x ***\n[12 bytes left out]\nry-staple y'.replace('ry-staple', '***'));
  t.is(masker.text('+correct-horse-\n# 20 more characters\n'), '+***\n# 20 more characters\n');
  t.is(masker.text('correct …staple'), 'correct …staple');
  masker.learn(new Secret('a'.repeat(700)));
  const cuts = `${'a'.repeat(600)}…`.repeat(1000) + '…'.repeat(1 << 20);
  t.regex(masker.text(cuts), /^\*\*\*…/);
});
