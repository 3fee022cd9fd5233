// `bare-ssh2.js PORT IDENTITY KNOWN_HOSTS FILE TO`: writes a file by the SSH library alone, without anything of homerun: what the library itself costs.
// With the cipher that homerun prefers; nothing is digested, and nothing renamed.

import { createReadStream, readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const [port, identity = '', knownHosts = '', file = '', to = ''] = process.argv.slice(2);
const known = readFileSync(knownHosts, 'utf8');
const client = new ssh2.Client();

client.on('ready', () => {
  client.exec(`cat >'${to}'`, (error, channel) => {
    if (error) throw error;
    channel.resume();
    channel.on('close', (code: number | null) => {
      process.exitCode = code ?? 1;
      client.end();
    });
    createReadStream(file, { highWaterMark: 2 ** 18 })
      .on('error', fail)
      .pipe(channel);
  });
});
client.on('error', fail);
client.connect({
  host: '127.0.0.1',
  port: Number(port),
  username: 'root',
  privateKey: readFileSync(identity),
  hostVerifier: (key: Buffer) => known.includes(key.toString('base64')),
  algorithms: { cipher: ['aes256-gcm@openssh.com'] },
});

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}
