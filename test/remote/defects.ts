import { type Defect, showDefects, type TestChoice } from '../defects.ts';
import { figureDefects } from './figure-defects.ts';
import { hostileDefects } from './hostile-defects.ts';
import { lockDefects } from './lock-defects.ts';

// `node build/test/remote/defects.js [WORDS]`: mistakes in what decides on host keys, in how hosts are logged in at, in quoting, in what keeps work from being half done, in what meets hostile and odd hosts, and in what brings a killed run to its end, and that each turns a test red.

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
const fromConfig: TestChoice = { file: 'remote/ssh-config', match: 'what the inventory says' };
const strings: TestChoice = { file: 'values/quoting' };

const dialogue = (match: string): TestChoice => ({ file: 'remote/become-terminal', match });
const tries: TestChoice = { file: 'remote/password-tries' };
const becomes: TestChoice = { file: 'remote/become', match: 'ways of becoming' };
const shownOnce: TestChoice = { file: 'remote/become', match: 'is shown to a host once' };
const oneSudo: TestChoice = { file: 'remote/become', match: 'one sudo is started' };

const overOpenSsh: TestChoice = { file: 'remote/transports', match: 'openssh: a fingerprint' };

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
  { what: 'hosts on the way are not pinned', file: 'remote/jump', from: 'hostKey !== undefined &&', to: "hostKey === '' &&", test: hops },
  {
    what: 'a host on the way is known by the name of the target',
    file: 'remote/jump',
    from: '        ...hop,',
    to: '        ...hop, hostKeyAlias: settings.hostKeyAlias,',
    test: hops,
  },
  {
    what: 'the configuration of ssh beats the inventory',
    file: 'remote/configured',
    from: "isUnsaid('hostKeyAlias') ? config.hostKeyAlias : undefined",
    to: 'config.hostKeyAlias',
    test: fromConfig,
  },
  {
    what: 'ssh is not told what the inventory says',
    file: 'remote/configured',
    from: "...(!isUnsaid('user') && { user: said.user }),",
    to: '',
    test: fromConfig,
  },
  {
    what: 'what ssh2 cannot do is left out without a word',
    file: 'remote/configured',
    from: 'if (left.length === 0)',
    to: 'if (left.length < 9)',
    test: { file: 'remote/ssh-config', match: 'RevokedHostKeys' },
  },
  {
    what: 'a name that could be an option is given to ssh',
    file: 'remote/configured',
    from: '|| !isHostName(said.host)',
    to: '',
    test: { file: 'remote/ssh-config', match: 'no shell reads' },
  },
  {
    what: 'hosts on the way are those that the configuration names last',
    file: 'remote/configured',
    from: 'if (index === 0)',
    to: 'if (index < 0)',
    test: { file: 'remote/ssh-config', match: 'hosts on the way' },
  },
  {
    what: 'OpenSSH takes any host',
    file: 'remote/openssh-words',
    from: "'StrictHostKeyChecking=yes'",
    to: "'StrictHostKeyChecking=no'",
    test: { file: 'remote/transports', match: 'openssh: host keys that are unknown' },
  },
  {
    what: 'the ssh configuration has others judge a host',
    file: 'remote/openssh-words',
    from: '...(openSsh?.off ?? []),',
    to: '',
    test: { file: 'remote/openssh', match: 'no configuration of ssh' },
  },
  {
    what: 'a host before those of the inventory is held to their fingerprints',
    file: 'remote/configured',
    from: '...unpinned } = settings;',
    to: '} = settings;\n    const unpinned = settings;',
    test: { file: 'remote/ssh-config', match: 'hosts on the way' },
  },
  {
    what: 'the banner of a host is taken for words of ssh',
    file: 'remote/openssh',
    from: 'hear({ others: chunk',
    to: 'hear({ own: chunk',
    test: { file: 'remote/openssh-errors', match: 'a banner of whatever' },
  },
  {
    what: 'the PIN of a key is answered with the password',
    file: 'remote/askpass',
    from: '|Enter\\\\ PIN*',
    to: '',
    test: { file: 'remote/openssh', match: 'the one answer' },
  },
  {
    what: 'hosts on the way are entered by ssh with its own options',
    file: 'remote/openssh-words',
    from: 'if (through === undefined)',
    to: "if (through !== undefined) return ['ProxyJump=gate'];\n    if (through === undefined)",
    test: { file: 'remote/ssh-config', match: 'openssh: a host is reached' },
  },
  {
    what: 'the agent is forwarded',
    file: 'remote/openssh-words',
    from: "'ForwardAgent=no'",
    to: "'ForwardAgent=yes'",
    test: { file: 'remote/openssh', match: 'what is given to ssh' },
  },
  {
    what: 'a name with quotes or percent signs is another file for ssh',
    file: 'remote/openssh-words',
    from: ".replaceAll('%', '%%').replaceAll(/[\"\\\\]/g, '\\\\$&')",
    to: '',
    test: { file: 'remote/transports', match: 'openssh: a host is known by its alias' },
  },
  {
    what: 'a password is given as often as it is asked for',
    file: 'remote/askpass',
    from: 'if mkdir',
    to: 'if mkdir -p',
    test: { file: 'remote/transports', match: 'openssh: a password is given once' },
  },
  {
    what: 'the folder of the control socket stays',
    file: 'remote/system-ssh',
    from: 'rm -rf -- "$0"; ',
    to: '',
    test: { file: 'remote/openssh', match: 'a killed homerun' },
  },
  {
    what: 'an end of the link is an end of the program',
    file: 'remote/openssh',
    from: 'closing || !master.isOver()',
    to: 'closing || master.isOver() || true',
    test: { file: 'remote/transports', match: 'openssh: a lost link' },
  },
  {
    what: 'each host asks for the passphrase anew',
    file: 'remote/passphrase',
    from: 'known.set(path, opening);',
    to: '',
    test: { file: 'remote/login', match: 'passphrase is asked for once' },
  },
  {
    what: 'passphrases are asked for without end',
    file: 'remote/passphrase',
    from: 'const mostTries = 3',
    to: 'const mostTries = 4',
    test: { file: 'remote/login', match: 'three wrong passphrases' },
  },
  {
    what: 'all keys are tried',
    file: 'remote/login',
    from: 'const mostKeys = 5',
    to: 'const mostKeys = 50',
    test: { file: 'remote/login', match: 'IdentitiesOnly' },
  },
  {
    what: 'IdentitiesOnly does not count',
    file: 'remote/login',
    from: 'namedKeys?.only ? []',
    to: 'namedKeys?.only && agent.length === 0 ? []',
    test: { file: 'remote/login', match: 'IdentitiesOnly' },
  },
  {
    what: 'chacha20 is offered',
    file: 'remote/ssh',
    from: "'aes256-ctr', ",
    to: "'chacha20-poly1305@openssh.com', ",
    test: { file: 'remote/offered', match: 'chacha20' },
  },
  {
    what: 'ssh obeys what is written to a terminal of a host',
    file: 'remote/openssh-words',
    from: "'-tt', '-e', 'none'",
    to: "'-tt'",
    test: { file: 'remote/transports', match: 'openssh: others are become' },
  },
  {
    what: 'where a host gives no terminal su is asked without one',
    file: 'remote/become-lines',
    from: '[ -t 0 ] ||',
    to: 'true ||',
    test: becomes,
  },
  {
    what: 'ssh goes on with a key that the inventory has not',
    file: 'remote/openssh-pin',
    from: ">&2; exit 1;; esac`,\n        ''",
    to: ">&2;; esac`,\n        ''",
    test: overOpenSsh,
  },
  {
    what: 'ssh trusts a fingerprint of the inventory against what is on record',
    file: 'remote/openssh-pin',
    from: 'isOnRecord ?',
    to: 'false ?',
    test: overOpenSsh,
  },
  {
    what: 'ssh trusts a fingerprint of the inventory whose key is revoked at another port',
    file: 'remote/openssh-pin',
    from: '[...here, ...bare]',
    to: '[...here]',
    test: overOpenSsh,
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
  { what: 'nobody waits for the lock', file: 'values/file-lock', from: 'else\n            await sleep(20)', to: 'else break', test: recording },
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
  {
    what: 'a password is written while the terminal shows it',
    file: 'remote/become-terminal',
    from: 'if (!isHidden || isSent)',
    to: 'if (isSent)',
    test: dialogue('shows what is typed'),
  },
  {
    what: 'a question is known by its English text',
    file: 'remote/become-terminal',
    from: 'if (!isHidden || isSent)',
    to: 'if (!isHidden || isSent || !/password/i.test(said()))',
    test: dialogue('whatever language'),
  },
  {
    what: 'a question of real programs is known by its English text',
    file: 'remote/become-terminal',
    from: 'if (!isHidden || isSent)',
    to: "if (!isHidden || isSent || (method !== 'sudo' && !/password/i.test(said())))",
    test: becomes,
  },
  {
    what: 'a second question is answered with the password too',
    file: 'remote/become-terminal',
    from: 'word === words.ask) && isSent)',
    to: 'word === words.ask) && isSent && isOver)',
    test: dialogue('off once more'),
  },
  {
    what: 'whatever sudo asks on a terminal is taken for its own prompt',
    file: 'remote/become-terminal',
    from: "let isPrompted = method !== 'sudo' ||",
    to: "let isPrompted = method === 'sudo' ||",
    test: dialogue('its own prompt'),
  },
  {
    what: 'sudo is given the password a second time',
    file: 'remote/become',
    from: 'if (isSent)\n                        return refuse',
    to: 'if (isSent && isOver)\n                        return refuse',
    test: becomes,
  },
  {
    what: 'sudo is given a password that it did not ask for',
    file: 'remote/become',
    from: 'hasPassword: password !== undefined }))',
    to: "hasPassword: password !== undefined }) + (password ?? '') + '\\n')",
    test: becomes,
  },
  {
    what: 'a sudo that wants a terminal gets none',
    file: 'remote/become',
    from: "if (becoming.method === 'su')\n                return",
    to: "if (becoming.method !== 'doas')\n                return",
    test: becomes,
  },
  {
    what: 'a refused password is forgotten',
    file: 'remote/password-tries',
    from: 'refused.set(key, error)',
    to: 'refused.delete(key)',
    test: shownOnce,
  },
  {
    what: 'several show the same password at once',
    file: 'remote/password-tries',
    from: 'before.then(() => take(key, password, attempt))',
    to: 'take(key, password, attempt)',
    test: tries,
  },
  {
    what: 'each user that is to be become is a try of its own',
    file: 'remote/become',
    from: 'options.tries.one(options.host,',
    to: 'options.tries.one(options.host + become.user,',
    test: shownOnce,
  },
  {
    what: 'a new connection knows nothing of what was refused',
    file: 'remote/connect',
    from: 'const becoming = {',
    to: 'tries = createPasswordTries();\n    const becoming = {',
    test: shownOnce,
  },
  { what: 'a sudo is started for each task', file: 'remote/connect', from: 'if (known)\n                return known;', to: '', test: oneSudo },
];

export const remoteDefects: readonly Defect[] = [...defects, ...lockDefects, ...hostileDefects, ...figureDefects];

if (process.argv[1] === import.meta.filename) process.exitCode = showDefects(remoteDefects, process.argv[2]);
