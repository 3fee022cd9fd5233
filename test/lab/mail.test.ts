import test from 'ava';
import { readMessage, textOf } from './mail-message.ts';
import { type Delivery, openSession } from './mail-session.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Says these lines to a new session. @returns all that it answered, and what was delivered. */
function talk(lines: readonly string[], isEncrypted = true): { readonly said: string; readonly delivered: readonly Delivery[] } {
  const delivered: Delivery[] = [];
  let said = '';
  const take = openSession({
    name: 'mail.test',
    user: 'u',
    password: 'p 密',
    isEncrypted,
    send: (text) => {
      said += text;
    },
    end: () => undefined,
    startTls: () => undefined,
    deliver: (delivery) => delivered.push(delivery),
  });
  for (const line of lines) take(line);
  return { said, delivered };
}

const mail = ['MAIL FROM:<a@b.test>', 'RCPT TO:<c@d.test>', 'DATA', 'Subject: x', '', '..dot', '.'];

test('mail is taken after a login with the right password, and dots at the start of lines are undone', (t) => {
  for (const login of [[`AUTH PLAIN ${base64('\0u\0p 密')}`], ['AUTH PLAIN', base64('\0u\0p 密')], ['AUTH LOGIN', base64('u'), base64('p 密')]]) {
    const { delivered } = talk(['EHLO x', ...login, ...mail]);
    t.deepEqual(delivered, [{ user: 'u', from: 'a@b.test', to: ['c@d.test'], source: 'Subject: x\r\n\r\n.dot' }], login.join());
  }
});

test('no mail is taken without a login, with a wrong password, or in clear text', (t) => {
  t.regex(talk(['EHLO x', ...mail]).said, /^530 /m);
  t.regex(talk(['EHLO x', `AUTH PLAIN ${base64('\0u\0q')}`, ...mail]).said, /^535 [\s\S]*^530 /m);
  const clear = talk(['EHLO x', `AUTH PLAIN ${base64('\0u\0p 密')}`, ...mail], false);
  t.regex(clear.said, /^250 STARTTLS\r\n538 [\s\S]*^530 /m);
  t.deepEqual(clear.delivered, []);
});

test('a mail is read with its encoded headers and parts', (t) => {
  const source = [
    'Subject: =?utf-8?b?5a+G56CB?=',
    ' =?utf-8?q?_=F0=9F=94=91?= ok',
    'Content-Type: multipart/alternative; boundary="=x"',
    '',
    '--=x',
    'Content-Type: text/plain; charset="utf-8"',
    'Content-Transfer-Encoding: base64',
    '',
    base64('链接'),
    '--=x',
    'Content-Type: text/html; charset="utf-8"',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<b>=E9=93=BE=',
    '</b>',
    '--=x--',
  ].join('\r\n');
  const message = readMessage(source);
  t.is(message.headers.get('subject'), '密码 🔑 ok');
  t.is(textOf(message, 'text/plain'), '链接');
  t.is(textOf(message, 'text/html'), '<b>链</b>');
});
