import type { Socket } from 'node:net';
import type { Connection, ServerChannel } from 'ssh2';
import { quote } from '../../src/values/command.ts';
import { named } from '../e2e/ill-endpoints.ts';
import type { Behaviour } from './server.ts';
import { hangUpAfter, message, payload, plainPacket, protocolOf, send, socketOf, withoutEnd } from './ssh-packets.ts';
import { answering, both, onTrips } from './trips.ts';

/** A host that does harm, or would like to. */
export interface Way {
  /** What it does: `a host that …`. */
  readonly name: string;
  /** What it does with a connection before any SSH; or as a server; or else it is a real shell with `files`. */
  readonly raw?: (socket: Socket) => void;
  readonly server?: (place: Place) => Behaviour;
  /** How it ends for this host. */
  readonly status: 'unreachable' | 'failed' | 'ok';
  /** What is said of it, hint and all; for one that is ok, what the screen shows. */
  readonly says: RegExp;
  /** The same where the system's ssh speaks with it, if that says something else. */
  readonly saysOpenSsh?: RegExp;
  readonly transport?: 'openssh';
  /** It gets all tasks: facts, listing, showing, fetching, writing. Default: one command, with three seconds for it. */
  readonly whole?: true;
  /** Files in the host's folder, their content by their name; those in `bin` are its own programs. What is no text is where a link leads. */
  readonly files?: (place: Place) => Readonly<Record<string, string | Buffer | { readonly link: string }>>;
}

/** Where a host lives on this machine. */
export interface Place {
  /** What a shell on it has for its home. */
  readonly folder: string;
  /** Whoever runs what the host says makes this file. */
  readonly trap: string;
  /** Told of what it could do and must not. */
  readonly succeeded: (what: string) => void;
}

const name = 'SSH-2.0-OpenSSH_9.2\r\n';
const escapes = '\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\rok: [well] All is well';

const shell = (act: NonNullable<Behaviour['shell']>) => (): Behaviour => ({ shell: act });
/** One that does something with the first trip, given its nonce, and says no more. */
const trip = (act: (channel: ServerChannel, nonce: string, client: Connection) => void) =>
  shell((channel, client) => onTrips(channel, ({ nonce }) => act(channel, nonce, client)));

/** Writes some megabytes a second. */
function flood(write: (block: Buffer) => boolean, client: Connection): void {
  const block = Buffer.alloc(2 ** 16, 'y\n');
  withoutEnd(client, () => write(block), 1);
}

/** Takes its window back from a channel, and never gives any. */
function closeWindow(client: Connection): void {
  const protocol = protocolOf(client);
  const confirm = protocol.channelOpenConfirm.bind(protocol);
  protocol.channelOpenConfirm = (remote, local, _window, packetSize) => confirm(remote, local, 0, packetSize);
  protocol.channelWindowAdjust = () => undefined;
}

/** Asks for every kind of channel and forwarding that would lead to this machine. */
function askForAll(client: Connection, { succeeded }: Place): void {
  client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, (error) => (error ? undefined : succeeded('a forwarded connection')));
  client.x11('127.0.0.1', 1, (error) => (error ? undefined : succeeded('an X11 connection')));
  const ours = 77;
  const { _handlers } = protocolOf(client);
  const confirmed = _handlers['CHANNEL_OPEN_CONFIRMATION'];
  _handlers['CHANNEL_OPEN_CONFIRMATION'] = (protocol, content) =>
    content.recipient === ours ? succeeded('a channel') : confirmed?.(protocol, content);
  let granted = 0;
  // The offer of more keys of the host is answered with a yes, and leads to nothing.
  _handlers['REQUEST_SUCCESS'] = () => ((granted += 1) > 1 ? succeeded('a forwarding') : undefined);
  const open = (type: string, ...fields: readonly (string | number)[]) =>
    send(client, payload(message.channelOpen, type, ours, 2 ** 20, 2 ** 15, ...fields));
  open('auth-agent@openssh.com');
  open('direct-tcpip', '127.0.0.1', 22, '127.0.0.1', 1);
  open('direct-streamlocal@openssh.com', '/run/docker.sock', '', 0);
  open('forwarded-streamlocal@openssh.com', '/tmp/x', '');
  open('session');
  for (const [type, ...fields] of [
    ['tcpip-forward', '127.0.0.1', 0],
    ['streamlocal-forward@openssh.com', '/tmp/forwarded'],
    ['no-more-sessions@openssh.com'],
    ['hostkeys-00@openssh.com', 'rubbish'],
  ] as const)
    send(client, payload(message.globalRequest, type, true, ...fields));
}

const beforeTheLogin: readonly Way[] = [
  {
    name: 'sends a million lines before its name',
    raw: (socket) => {
      const lines = Buffer.alloc(64 * 1024, 'Authorised access only. Everything is watched here.\r\n');
      let left = 1e6;
      const more = (): void => {
        while ((left -= 1200) > 0 && socket.writable) if (!socket.write(lines)) return void socket.once('drain', more);
      };
      more();
    },
    status: 'unreachable',
    says: /does not speak SSH as expected: Max greeting lines exceeded/,
    saysOpenSsh: /does not speak SSH as expected \(ssh: .*No SSH version received/,
  },
  {
    name: 'sends a line without end in place of its name',
    raw: (socket) => {
      const more = (): void => {
        if (socket.writable) socket.write(Buffer.alloc(2 ** 16, 'x'), () => setTimeout(more, 1));
      };
      more();
    },
    status: 'unreachable',
    says: /does not speak SSH as expected: Header line too long/,
    saysOpenSsh: /does not speak SSH as expected \(ssh: .*banner line too long/,
  },
  {
    name: 'says its name at one byte a second',
    raw: (socket) => {
      const letters = [...name];
      const timer = setInterval(() => socket.write(letters.shift() ?? ' '), 1000);
      socket.on('close', () => clearInterval(timer));
    },
    status: 'unreachable',
    says: /the SSH handshake took longer than \d+ s/,
    saysOpenSsh: /connecting and logging in took longer than \d+ s/,
  },
  {
    name: 'hangs up before its name',
    raw: (socket) => socket.destroy(),
    status: 'unreachable',
    says: /hung up before it said anything/,
    saysOpenSsh: /hung up \(ssh: kex_exchange_identification: .*Connection (closed|reset)/,
  },
  {
    name: 'hangs up after its name',
    raw: (socket) => socket.end(name),
    status: 'unreachable',
    says: /closed the connection during the SSH handshake|does not speak SSH as expected/,
    saysOpenSsh: /closed the connection before the login was done/,
  },
  {
    name: 'says its name and then nothing',
    raw: named,
    status: 'unreachable',
    says: /the SSH handshake took longer than \d+ s/,
    saysOpenSsh: /connecting and logging in took longer than \d+ s/,
  },
  {
    name: 'announces a packet of four gigabytes',
    raw: (socket) => void socket.write(Buffer.concat([Buffer.from(name), Buffer.alloc(4, 0xff), Buffer.alloc(4096)])),
    status: 'unreachable',
    says: /does not speak SSH as expected: Bad packet length/,
    saysOpenSsh: /does not speak SSH as expected \(ssh: Bad packet length/,
  },
  {
    name: 'says that the login was a success before there is a key',
    raw: (socket) => void socket.write(Buffer.concat([Buffer.from(name), plainPacket(payload(message.userauthSuccess))])),
    status: 'unreachable',
    says: /does not speak SSH as expected|closed the connection during/,
    saysOpenSsh: /closed the connection before the login was done|does not speak SSH as expected/,
  },
  {
    name: 'hides its reason for hanging up in escape sequences',
    raw: (socket) =>
      void socket.write(Buffer.concat([Buffer.from(`${escapes}\r\n${name}`), plainPacket(payload(message.disconnect, 2, escapes, ''))])),
    status: 'unreachable',
    says: /^127\.0\.0\.1 port \d+ /m,
  },
  {
    name: 'hangs up after its list of algorithms',
    server: () => ({ connected: (client) => hangUpAfter(client, message.kexinit) }),
    status: 'unreachable',
    says: /closed the connection during the SSH handshake/,
    saysOpenSsh: /closed the connection before the login was done/,
  },
  {
    name: 'hangs up once there are keys',
    server: () => ({ connected: (client) => hangUpAfter(client, message.newkeys) }),
    status: 'unreachable',
    says: /closed the connection during the SSH handshake|does not let root in: tried nothing/,
    saysOpenSsh: /closed the connection before the login was done/,
  },
  {
    name: 'hangs up at the login',
    server: () => ({ authenticate: (_context, client) => void socketOf(client).destroy() }),
    status: 'unreachable',
    says: /does not let root in: tried the password/,
    saysOpenSsh: /closed the connection before the login was done/,
  },
  {
    name: 'shows a million lines to who logs in',
    server: () => ({
      authenticate: (_context, client) => withoutEnd(client, () => send(client, payload(message.userauthBanner, `${escapes}\r\n`.repeat(50), ''))),
    }),
    status: 'unreachable',
    says: /was left: it sends without end what nobody asked for/,
    saysOpenSsh: /connecting and logging in took longer than \d+ s/,
  },
  {
    name: 'asks for a password again and again',
    server: () => ({
      authenticate: (context) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        const again = (): void => context.prompt([{ prompt: `${escapes} password: `, echo: false }], () => setTimeout(again, 5));
        again();
      },
    }),
    status: 'unreachable',
    says: /logging in took longer than \d+ s/,
    saysOpenSsh: /does not let root in: it does not take the password/,
  },
  {
    name: 'wants another password to be set',
    server: () => ({
      authenticate: (context) => (context.method === 'password' ? context.requestChange(escapes, () => undefined) : context.reject()),
    }),
    status: 'unreachable',
    says: /does not let root in: tried the password \(the host wants another password to be set first/,
    saysOpenSsh: /does not let root in: it does not take the password/,
  },
  {
    name: 'refuses the login with escape sequences',
    server: () => ({
      authenticate: (context, client) => {
        send(client, payload(message.userauthBanner, escapes, ''));
        context.reject([`publickey${escapes}` as 'publickey']);
      },
    }),
    status: 'unreachable',
    says: /does not let root in: tried the password\n[^]*The host says: /,
    saysOpenSsh: /does not let root in: it does not take the password/,
  },
];

const withoutAShell: readonly Way[] = [
  {
    name: 'hangs up after the login',
    server: () => ({ client: (client) => void socketOf(client).destroy() }),
    status: 'unreachable',
    says: /no program can be started there|the connection was lost|the shell there/,
    saysOpenSsh: /closed the connection before the login was done|no program can be started there|the connection was lost|the shell there/,
  },
  {
    name: 'never answers the wish for a channel',
    server: () => ({ session: () => undefined }),
    status: 'unreachable',
    says: /no program can be started there: sshd did not answer within \d+ s/,
    saysOpenSsh: /the shell there did not answer within \d+ s/,
  },
  {
    name: 'refuses a channel with escape sequences',
    server: () => ({
      client: (client) => {
        const protocol = protocolOf(client);
        protocol.channelOpenConfirm = (remote) => protocol.channelOpenFail(remote, 1, escapes);
      },
    }),
    status: 'unreachable',
    says: /no program can be started there: .*All is well/,
    saysOpenSsh: /the shell there ended with code 255; it said: .*Session open refused by peer/,
  },
  {
    name: 'hangs up once a channel is open',
    server: shell((_channel, client) => void socketOf(client).destroy()),
    status: 'unreachable',
    says: /no program can be started there|the connection was lost|the shell there/,
  },
  {
    name: 'never takes what is sent to it',
    server: () => ({ client: closeWindow }),
    status: 'unreachable',
    says: /the host takes nothing of what is sent to it, for \d+ s/,
    saysOpenSsh: /the shell there did not answer within \d+ s/,
  },
  {
    name: 'sends requests without end',
    server: () => ({
      client: (client) => {
        // And never reads an answer.
        socketOf(client).pause();
        withoutEnd(client, () => send(client, payload(message.globalRequest, `keepalive@${'x'.repeat(1000)}`, true)));
      },
    }),
    status: 'unreachable',
    says: /it sends without end what nobody asked for/,
    saysOpenSsh: /did not answer within \d+ s|the connection was lost/,
  },
  {
    name: 'sends data for channels that nobody has opened',
    server: () => ({ client: (client) => withoutEnd(client, () => send(client, payload(message.channelData, 99, 'x'.repeat(1000)))) }),
    status: 'unreachable',
    says: /it sends without end what nobody asked for/,
    saysOpenSsh: /does not speak SSH as expected|the connection was lost/,
  },
  {
    name: 'opens channels without end',
    server: () => ({
      client: (client) => withoutEnd(client, () => send(client, payload(message.channelOpen, 'x'.repeat(1000), 5, 2 ** 20, 2 ** 15))),
    }),
    status: 'unreachable',
    says: /it sends without end what nobody asked for/,
    saysOpenSsh: /did not answer within \d+ s|the connection was lost/,
  },
  {
    name: 'wants new keys all the time',
    server: () => ({
      client: (client) => {
        const again = (): void => void (socketOf(client).destroyed || client.rekey(() => setTimeout(again, 5)));
        again();
      },
    }),
    status: 'unreachable',
    says: /it sends without end what nobody asked for|did not answer within|took longer/,
  },
];

const inAScript: readonly Way[] = [
  {
    name: 'hangs up in a script',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\nhalf of it`);
      setTimeout(() => socketOf(client).destroy(), 50);
    }),
    status: 'unreachable',
    says: /the connection was lost: [^]*unknown whether this was done/,
  },
  {
    name: 'sends rubbish in place of a packet, and does not hang up',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\n`);
      setTimeout(() => socketOf(client).write(Buffer.alloc(5000, 0xa5)), 50);
    }),
    status: 'unreachable',
    says: /the connection was lost: /,
  },
  {
    name: 'answers with the nonce of another trip',
    server: trip((channel) => both(channel, `${'0'.repeat(32)} begin 7\n${'0'.repeat(32)} 0 0\n`)),
    status: 'unreachable',
    says: /did not answer within \d+ s/,
  },
  {
    name: 'ends a step before it began',
    server: trip((channel, nonce) => both(channel, `${nonce} 0 0\n`)),
    status: 'unreachable',
    says: /the shell there cannot be understood/,
  },
  {
    name: 'gives a status that is none',
    server: trip((channel, nonce) => both(channel, `${nonce} begin 7\n${nonce} 0 ${escapes}\n`)),
    status: 'unreachable',
    says: /the shell there cannot be understood/,
  },
  {
    name: 'gives another status on each stream',
    server: trip((channel, nonce) => {
      channel.write(`${nonce} begin 7\n${nonce} 0 0\n`);
      channel.stderr.write(`${nonce} begin 7\n${nonce} 0 1\n`);
    }),
    status: 'unreachable',
    says: /its two output streams contradict each other/,
  },
  {
    name: 'asks for what it was not to get',
    server: trip((channel, nonce) => both(channel, `${nonce} begin 7\n${nonce} 0 send\n`)),
    status: 'unreachable',
    says: /it asks for what it was not to get/,
  },
  {
    name: 'prints one byte a second',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\n`);
      const timer = setInterval(() => channel.write('x'), 1000);
      client.on('close', () => clearInterval(timer));
    }),
    status: 'unreachable',
    says: /a step whose time was up cannot be ended there/,
  },
  {
    name: 'prints without end',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\n`);
      flood((block) => channel.write(block), client);
    }),
    status: 'unreachable',
    says: /a step whose time was up cannot be ended there/,
  },
  {
    name: 'says why without end, byte by byte',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\n`);
      withoutEnd(client, () => channel.stderr.write('y'));
    }),
    status: 'unreachable',
    says: /a step whose time was up cannot be ended there/,
  },
  {
    name: 'prints without end before the first answer',
    server: shell((channel, client) => flood((block) => channel.write(block), client)),
    status: 'unreachable',
    says: /it printed more than \d+ bytes before its first answer/,
  },
  {
    name: 'goes on after the end of its output',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\n`);
      // 0 is the number that the other side has given to its first channel.
      send(client, payload(message.channelEof, 0));
      for (let count = 0; count < 100; count += 1) {
        send(client, payload(message.channelData, 0, `${nonce} 0 0\n`));
        send(client, payload(message.channelExtendedData, 0, 1, `${nonce} 0 0\n`));
      }
      setTimeout(() => channel.close(), 500);
    }),
    status: 'unreachable',
    says: /the shell there|the connection was lost/,
  },
  {
    name: 'is ended by a signal with a name of its own',
    server: trip((channel, nonce, client) => {
      both(channel, `${nonce} begin 7\n${escapes}\n`);
      send(client, payload(message.channelRequest, 0, 'exit-signal', false, `KILL${escapes}`, true, escapes, ''));
      channel.end();
    }),
    status: 'unreachable',
    says: /the shell there was ended by SIGKILL/,
    saysOpenSsh: /the shell there ended with code 255/,
  },
  {
    name: 'asks for every forwarding there is',
    server: (place) => ({ client: (client) => askForAll(client, place), shell: answering(() => ({ stdout: 'said\n' })) }),
    status: 'ok',
    says: /./,
  },
  {
    name: 'hangs up when all is done',
    server: () => ({
      shell: (channel, client) => {
        answering(() => ({ stdout: 'said\n' }))(channel);
        channel.on('end', () => socketOf(client).destroy());
      },
    }),
    status: 'ok',
    says: /./,
  },
];

/** Names of files that a shell, a template or a terminal would make something of. */
const commands = [
  '$(touch pwned)',
  '`touch pwned`',
  ';touch pwned;',
  '|touch pwned',
  '-rf',
  `'"$(touch pwned)`,
  '{{ pwned }}',
  '%s%n',
  '~',
  '*',
  '..\\..\\pwned',
];

const inWhatItSays: readonly Way[] = [
  {
    name: 'says yes to everything',
    server: () => ({ shell: answering(() => ({})) }),
    whole: true,
    status: 'failed',
    says: /the host printed/,
  },
  {
    name: 'answers everything with rubbish',
    server: () => ({ shell: answering(() => ({ stdout: `${escapes}\n\0\xff\xfe{{ trap }} $(id)\n.\n`, stderr: escapes })) }),
    whole: true,
    status: 'failed',
    says: /the host|cannot be/,
  },
  {
    name: 'has files whose names are commands',
    files: () => Object.fromEntries(commands.map((file) => [`names/${file}`, 'x'])),
    whole: true,
    status: 'ok',
    says: /./,
  },
  {
    name: 'has files whose names move the cursor',
    files: () => ({ 'names/\x1b[2J\x1b]0;owned\x07': 'x', 'names/\u202egpj.exe': 'x', 'names/\u009b31m': 'x', 'names/\rok: [well] Look': 'x' }),
    whole: true,
    status: 'failed',
    says: /expected one line without control characters/,
  },
  {
    name: 'prints control characters, NULs and what is no UTF-8',
    files: () => ({
      output: Buffer.concat([Buffer.from(`${escapes}\n::set-env name=x::y\n`), Buffer.from([0, 0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x0a])]),
    }),
    whole: true,
    status: 'ok',
    says: /\^\[\[2J/,
  },
  {
    name: 'has programs that tell commands and templates in place of facts',
    files: ({ trap }) => {
      const lie = `#!/bin/sh\nprintf %s ${quote(`$(touch ${trap}){{trap}}\`touch ${trap}\`${escapes}`)}\n`;
      return Object.fromEntries(['uname', 'hostname', 'dpkg', 'getconf', 'ip'].map((program) => [`bin/${program}`, lie]));
    },
    whole: true,
    status: 'ok',
    says: /\{\{trap\}\}/,
  },
  {
    name: 'sends a file without end in place of the one that it showed',
    files: () => ({ 'bin/tail': '#!/bin/sh\ncase $2 in +*) exec cat /dev/zero ;; esac\nexec /usr/bin/tail "$@"\n' }),
    whole: true,
    status: 'failed',
    says: /was changed while it was brought: expected \d+ bytes, got more/,
  },
  {
    name: 'has a link to a device without end where a file should be',
    files: () => ({ brought: { link: '/dev/zero' } }),
    whole: true,
    status: 'failed',
    says: /is not a regular file on the host/,
  },
  {
    name: 'puts a link where a file of it is written',
    files: ({ trap }) => ({ written: { link: trap } }),
    whole: true,
    status: 'ok',
    says: /./,
  },
];

export const ways: readonly Way[] = [...beforeTheLogin, ...withoutAShell, ...inAScript, ...inWhatItSays];

/** The same ways where the system's ssh speaks with the host. */
export const waysOverOpenSsh: readonly Way[] = ways.map((way) => ({
  ...way,
  name: `${way.name}, over OpenSSH`,
  says: way.saysOpenSsh ?? way.says,
  transport: 'openssh',
}));
