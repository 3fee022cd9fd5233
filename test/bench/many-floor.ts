// What SSH alone costs: ssh2, bare, connects to every endpoint, logs in, runs `true`, and leaves. Standard input is JSON, see `Floor`.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type ParsedKey } from 'ssh2';
import { algorithms } from '../../src/remote/ssh.ts';

interface Floor {
  readonly addresses: readonly string[];
  readonly identityFile: string;
  /** Connections side by side. */
  readonly forks: number;
}

const { addresses, identityFile, forks } = JSON.parse(readFileSync(0, 'utf8')) as Floor;
const key = ssh2.utils.parseKey(readFileSync(identityFile)) as ParsedKey;

function visit(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let offered = false;
    const login = (_methods: unknown, _partial: unknown, next: (method: AnyAuthMethod | false) => void): void => {
      next(offered ? false : { type: 'publickey', username: 'root', key });
      offered = true;
    };
    client.on('error', reject);
    client.on('close', () => resolve());
    client.on('ready', () =>
      client.exec('true', (error, channel) => {
        if (error) return reject(error);
        channel.resume();
        channel.stderr.resume();
        channel.on('close', () => client.end());
      }),
    );
    client.connect({
      sock: connect({ host, port: 22, noDelay: true }),
      username: 'root',
      readyTimeout: 60_000,
      algorithms: {
        kex: [...algorithms.kex],
        cipher: [...algorithms.cipher],
        hmac: [...algorithms.hmac],
        compress: [...algorithms.compress],
        serverHostKey: ['ssh-ed25519'],
      },
      hostVerifier: () => true,
      authHandler: login as AuthHandlerMiddleware,
    });
  });
}

const waiting = [...addresses];
const visitor = async (): Promise<void> => {
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) await visit(address);
};
await Promise.all(Array.from({ length: forks }, visitor));
