import test from 'ava';
import { remadeControl } from './apt-repository.ts';
import { readArchive, writeArchive } from './debian-package.ts';
import { mirrors, sourcesFile } from './machine.ts';
import { answer, parseQuestion } from './name-server.ts';

// A query as resolvers send it: id 7, recursion desired, one question of class IN.
function query(name: string, type: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

const records = new Map([['d1.lab.test', '10.213.1.11']]);

test('the name server answers a lab name with its address, whatever its case', (t) => {
  const reply = answer(query('D1.lab.TEST', 1), records);
  t.deepEqual(reply && [...reply.subarray(0, 2)], [0, 7]);
  t.is(reply?.readUInt16BE(6), 1);
  t.deepEqual(reply && [...reply.subarray(-4)], [10, 213, 1, 11]);
});

test('a lab name has no IPv6 address, and that is not an error', (t) => {
  const reply = answer(query('d1.lab.test', 28), records);
  t.is(reply?.readUInt16BE(6), 0);
  t.is((reply?.readUInt8(3) ?? 0) & 0x0f, 0);
});

test('an unknown name below .test does not exist, and all other names are passed on', (t) => {
  t.is((answer(query('d9.lab.test', 1), records)?.readUInt8(3) ?? 0) & 0x0f, 3);
  t.is(answer(query('deb.debian.org', 1), records), undefined);
});

test('a message that is cut short is no question', (t) => {
  const whole = query('d1.lab.test', 1);
  for (let length = 0; length < whole.length; length += 1) t.is(parseQuestion(whole.subarray(0, length)), undefined);
  t.is(parseQuestion(whole)?.name, 'd1.lab.test');
});

test('an ar archive that was written is read as it was, also with members of odd length', (t) => {
  const members = [
    { name: 'debian-binary', content: Buffer.from('2.0\n') },
    { name: 'control.tar.gz', content: Buffer.from('odd') },
    { name: 'data.tar.xz', content: Buffer.from([0, 1, 2, 255]) },
  ];
  t.deepEqual(readArchive(writeArchive(members)), members);
});

test('a remade package has the new name, needs the new names, and cannot be installed beside Debian’s', (t) => {
  const control = [
    'Package: docker.io',
    'Version: 20.10.24+dfsg1-1',
    'Architecture: amd64',
    'Depends: libc6 (>= 2.34), containerd (>= 1.4~), iptables',
    'Conflicts: docker-ce, docker-ce-cli',
    'Built-Using: containerd (= 1.6.20~ds1-1)',
    'Description: Linux container runtime',
    ' Docker complements kernel namespacing',
    '',
  ].join('\n');
  const remade = remadeControl(control, { name: 'docker-ce', from: 'docker.io', version: '5:20.10.24-1' });
  t.regex(remade, /^Package: docker-ce$/m);
  t.regex(remade, /^Depends: libc6 \(>= 2\.34\), containerd\.io, iptables$/m);
  t.regex(remade, /^Conflicts: docker\.io$/m);
  t.regex(remade, /stand-in/);
  t.notRegex(remade, /Built-Using|namespacing/);
});

test('hosts use the mirrors that this machine uses, and Debian’s own when it names none', (t) => {
  const sources = 'Types: deb\n# URIs: http://old.example/debian\nURIs: http://mirror.example/debian/\n';
  const security = 'deb [signed-by=/k.gpg] https://mirror.example/debian-security bookworm-security main\n';
  const found = mirrors('bookworm', [sources, security]);
  t.is(found.main, 'http://mirror.example/debian');
  t.is(found.security, 'https://mirror.example/debian-security');
  t.is(mirrors('bookworm', []).main, 'http://deb.debian.org/debian');
  t.regex(sourcesFile(found), /^URIs: http:\/\/mirror\.example\/debian$/m);
});

test('a host of another distribution does not use the mirrors of this one, and has its components and keys', (t) => {
  const found = mirrors('noble', ['URIs: http://mirror.example/debian/\n']);
  t.is(found.main, 'http://archive.ubuntu.com/ubuntu');
  const file = sourcesFile(found);
  t.regex(file, /^Suites: noble noble-updates$/m);
  t.regex(file, /^Suites: noble-security$/m);
  t.regex(file, /^Components: main universe$/m);
  t.regex(file, /^Signed-By: \/usr\/share\/keyrings\/ubuntu-archive-keyring\.gpg$/m);
});
