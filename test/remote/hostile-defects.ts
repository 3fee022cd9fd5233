import type { Defect, TestChoice } from '../defects.ts';

const hosts: TestChoice = { file: 'remote/hostile-hosts' };

/** Mistakes in what meets hosts that do harm. */
export const hostileDefects: readonly Defect[] = [
  {
    what: 'data after the end of a stream ends the process',
    file: 'remote/ssh',
    from: 'for (const one of [stream, stream.stderr])',
    to: 'for (const one of [stream])',
    test: hosts,
  },
  { what: 'what nobody asked for may be without end', file: 'remote/unasked', from: '> most', to: '> most * 1e9', test: hosts },
  {
    what: 'a wish for a channel waits for ever',
    file: 'remote/connect',
    from: 'within(settings.connectTimeoutSeconds, opening',
    to: 'within(settings.connectTimeoutSeconds * 1e4, opening',
    test: hosts,
  },
  { what: 'a host that takes nothing is waited for', file: 'remote/shell', from: 'taken();', to: '', test: hosts },
  {
    what: 'the beginning of a trip is believed whoever says it',
    file: 'remote/scan',
    from: "const needle = Buffer.from(nonce, 'latin1');",
    to: "const needle = Buffer.from(nonce.slice(0, 0) + '0'.repeat(32), 'latin1');",
    test: hosts,
  },
  {
    what: 'the two streams of a step may contradict each other',
    file: 'remote/trip',
    from: "other.kind === 'end' && other.rc === marker.rc",
    to: "other.kind === 'end'",
    test: hosts,
  },
  {
    what: 'a host may print without end before its first answer',
    file: 'remote/trip',
    from: 'noise.total() > mostNoise',
    to: 'noise.total() > mostNoise * 1e6',
    test: hosts,
  },
  { what: 'all that a step prints is kept', file: 'remote/scan', from: 'if (last.size() > 2 * tail)', to: 'if (last.size() < 0)', test: hosts },
  {
    what: 'each byte that comes alone is kept alone',
    file: 'remote/blocks',
    from: 'Math.max(bytes.length - at, Math.min(largestBlock, 2 * (block?.length ?? 0)))',
    to: 'bytes.length - at',
    test: { file: 'remote/stream', match: 'byte by byte' },
  },
  {
    what: 'escape sequences reach the screen',
    file: 'report/sanitize',
    from: 'text.replace(unsafe, visible)',
    to: 'text',
    test: hosts,
  },
  {
    what: 'a file is brought for as long as the host likes',
    file: 'engine/bring',
    from: 'if (at + piece.length > size)',
    to: 'if (false)',
    test: hosts,
  },
  {
    what: 'a file is brought to where the host says',
    file: 'modules/fetch',
    from: 'join(place, here.host, src)',
    to: "join(place, '..', here.host, src)",
    test: hosts,
  },
  {
    what: 'what a host says goes into a script as it is',
    file: 'values/command',
    from: "`'${text.replaceAll(\"'\", \"'\\\\''\")}'`",
    to: 'text',
    test: hosts,
  },
  {
    what: 'a key file that is a pipe is waited for',
    file: 'remote/read-file',
    from: '.isFile()',
    to: '',
    test: { file: 'remote/login', match: 'a pipe or a device' },
  },
  {
    what: 'whoever finds a lock left over removes the lock that is there',
    file: 'values/file-lock',
    from: 'await removeStale(lock, found);',
    to: 'await unlink(lock).catch(() => undefined);',
    test: { file: 'remote/trust', match: 'left over' },
  },
];
