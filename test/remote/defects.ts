import { type Defect, showDefects, type TestChoice } from '../defects.ts';
import { hostileDefects } from './hostile-defects.ts';

// `node build/test/remote/defects.js [WORDS]`: mistakes in what decides on host keys, in quoting and in what
// meets hostile hosts, and that each turns a test red.

const model: TestChoice = { file: 'remote/known-hosts-ssh', match: '10,000' };
const ssh: TestChoice = { file: 'remote/known-hosts-ssh', match: 'exactly where ssh' };
const faults: TestChoice = { file: 'remote/host-faults' };
const pinned: TestChoice = { file: 'remote/host-check', match: 'in the inventory' };
const hops: TestChoice = { file: 'remote/host-check', match: 'on the way' };
const revoked: TestChoice = { file: 'remote/host-check', match: 'revoked' };
const threeTypes: TestChoice = { file: 'remote/host-check', match: 'three types' };
const matrix: TestChoice = { file: 'cli/trust', match: 'on record' };
const answers: TestChoice = { file: 'cli/trust', match: 'the answer' };
const recording: TestChoice = { file: 'remote/trust' };
const texts: TestChoice = { file: 'modules/attack', match: 'stat ' };
const files: TestChoice = { file: 'modules/write-file', match: 'validation' };
const strings: TestChoice = { file: 'values/quoting' };

const defects: readonly Defect[] = [
  {
    what: 'ssh itself finds that lines of the bare name do not count at another port',
    file: 'remote/known-hosts',
    from: 'const bare = bareName === name ? [] : entriesFor(known, bareName);',
    to: 'const bare = [];',
    test: ssh,
  },
  {
    what: 'a negated name does not void its line',
    file: 'remote/known-hosts',
    from: 'if (isNegated)\n            return false;',
    to: 'if (isNegated)\n            continue;',
    test: model,
  },
  {
    what: 'names of another port fit too',
    file: 'remote/known-hosts',
    from: '`[${name}]:${port}`',
    to: '`[${name}]:${port}`.slice(0, name.length + 2)',
    test: model,
  },
  {
    what: 'a hash is taken whatever stands behind it',
    file: 'remote/known-hosts',
    from: "hashed === `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`",
    to: "hashed.startsWith(`|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`)",
    test: model,
  },
  {
    what: 'a salt of any length is taken',
    file: 'remote/known-hosts',
    from: '{27}=',
    to: '+={0,2}',
    test: model,
  },
  {
    what: 'names in capitals are others',
    file: 'remote/known-hosts',
    from: 'text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())',
    to: 'text',
    test: model,
  },
  {
    what: 'lines of authorities are taken for keys',
    file: 'remote/known-hosts',
    from: "['@cert-authority', 'authority']",
    to: "['@cert-authority', 'plain']",
    test: matrix,
  },
  {
    what: 'a changed key of another type counts as unknown',
    file: 'remote/known-hosts',
    from: "const plain = here.filter((entry) => entry.kind === 'plain');\n    const found",
    to: "const plain = here.filter((entry) => entry.kind === 'plain' && entry.type === keyType(key));\n    const found",
    test: { file: 'remote/known-hosts', match: 'a known_hosts file of' },
  },
  {
    what: 'a revoked key is taken if a line before has it',
    file: 'remote/known-hosts',
    from: 'if (revoked.length > 0)',
    to: "if (revoked.length > 0 && !here.some((entry) => entry.kind === 'plain' && same(entry) && entry.line < revoked[0].line))",
    test: revoked,
  },
  {
    what: 'every host is asked for keys of all types',
    file: 'remote/known-hosts',
    from: 'return wanted.length > 0 ? wanted : allHostKeyAlgorithms',
    to: 'return allHostKeyAlgorithms',
    test: threeTypes,
  },
  { what: 'whatever a verifier gives is a yes', file: 'remote/ssh', from: 'options.verify(key) === true', to: 'options.verify(key)', test: faults },
  {
    what: 'a verifier that throws is a yes',
    file: 'remote/ssh',
    from: 'catch {\n        return false;',
    to: 'catch {\n        return true;',
    test: faults,
  },
  {
    what: 'a key that could not be judged is trusted',
    file: 'remote/host-check',
    from: 'failure = error;\n                return false;',
    to: 'failure = error;\n                return true;',
    test: faults,
  },
  {
    what: 'a file that cannot be read is an empty one',
    file: 'remote/host-key',
    from: "if (error.code === 'ENOENT')",
    to: 'if (error.code !== undefined || error.message)',
    test: { file: 'remote/host-faults', match: 'a second one cannot be read' },
  },
  {
    what: 'a fingerprint of the inventory beats what is on record',
    file: 'remote/host-check',
    from: "(verdict === 'unknown' && pin === 'agrees')",
    to: "pin === 'agrees'",
    test: pinned,
  },
  { what: 'what is on record beats a fingerprint of the inventory', file: 'remote/host-check', from: "pin !== 'differs' && ", to: '', test: pinned },
  { what: 'a key is judged only once, and others come through', file: 'remote/host-check', from: ' && shown.key.equals(key)', to: '', test: pinned },
  { what: 'hosts on the way are not pinned', file: 'remote/jump', from: 'hostKey !== undefined &&', to: 'hostKey === text &&', test: hops },
  {
    what: 'a host on the way is known by the name of the target',
    file: 'remote/dial',
    from: 'const { host, port, hostKeyAlias, hostKeys } = hop;',
    to: 'const { host, port, hostKeys } = hop; const { hostKeyAlias } = settings;',
    test: hops,
  },
  { what: 'yes in any letters is a yes', file: 'cli/trust', from: "answer === 'yes' ||", to: "answer.toLowerCase() === 'yes' ||", test: answers },
  { what: 'Enter is a yes', file: 'cli/trust', from: "answer === 'yes' ||", to: "answer === '' || answer === 'yes' ||", test: answers },
  {
    what: 'the check of host keys can be wished away',
    file: 'language/connection',
    from: "ssh_strict_host_key_checking: '",
    to: "other: '",
    test: matrix,
  },
  { what: 'a file is written anew', file: 'remote/trust', from: 'constants.O_APPEND', to: 'constants.O_TRUNC', test: recording },
  {
    what: 'others may read what is recorded',
    file: 'remote/trust',
    from: 'constants.O_CREAT, 0o600',
    to: 'constants.O_CREAT, 0o644',
    test: recording,
  },
  {
    what: 'a last line without an end is written on',
    file: 'remote/trust',
    from: "text.endsWith('\\n') ? '' : '\\n'",
    to: "text.endsWith('\\n') ? '' : ''",
    test: recording,
  },
  { what: 'nobody waits for the lock', file: 'remote/trust', from: 'await sleep(20)', to: 'break', test: recording },
  {
    what: 'quotes in a word are left as they are',
    file: 'values/command',
    from: "`'${text.replaceAll(\"'\", \"'\\\\''\")}'`",
    to: "`'${text}'`",
    test: strings,
  },
  { what: 'a word with a tilde is left bare', file: 'values/command', from: '[A-Za-z0-9_@%+:,./-]+$', to: '[A-Za-z0-9_@%+:,./~-]+$', test: strings },
  { what: 'a word that ends a line is left bare', file: 'values/command', from: './-]+$/.test', to: './-]+$/m.test', test: strings },
  { what: 'an empty word is none', file: 'values/command', from: './-]+$/.test', to: './-]*$/.test', test: strings },
  {
    what: 'backslashes of standard input are read by printf',
    file: 'remote/words',
    from: "bytes.replaceAll('\\\\', '\\\\\\\\')",
    to: 'bytes',
    test: strings,
  },
  { what: 'a NUL of standard input takes the digits behind it along', file: 'remote/words', from: "'\\\\0000'", to: "'\\\\0'", test: strings },
  {
    what: 'a path is put into a script as it is',
    file: 'questions/file',
    from: 'paths.map(quote)',
    to: 'paths',
    test: texts,
  },
  {
    what: 'a shell reads the command that validates a file',
    file: 'modules/support/write-file',
    from: 'withNewFile(validate)}',
    to: "validate.replaceAll('%s', '\"$t\"')}",
    test: files,
  },
];

process.exitCode = showDefects([...defects, ...hostileDefects], process.argv[2]);
