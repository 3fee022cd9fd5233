// A homeserver on another release than the usual one, from nothing, and what of it is open.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { checkHomeserver } from '../lab/demo-checks.ts';
import { type Codename, distributionOf } from '../lab/distributions.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { type Pebble, startPebble } from '../lab/pebble.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';
import { openPorts } from './open-ports.ts';

/** What is otherwise on a release. */
export interface Platform {
  readonly release: Codename;
  /** The major version of its PostgreSQL. */
  readonly postgresql: number;
  /** Words of the site that its nginx gets. */
  readonly nginx: RegExp;
  /** Who listens on port 22. */
  readonly ssh: string;
  /** Where coturn answers. */
  readonly turn?: readonly string[];
}

/** Declares the tests of a release. A file has one, as it has one process. */
export function tryPlatform({ release, postgresql, nginx, ssh, turn = ['tcp 3478', 'udp 3478', 'tcp 5349'] }: Platform): void {
  const { id, title } = distributionOf(release);
  const name = `e2e-platform-${release}`;
  const folder = mkdtempSync(join(tmpdir(), 'homerun-platforms-'));
  const secrets = { matrix_turn_shared_secret: randomBytes(32).toString('hex') };

  let lab: Lab;
  let pebble: Pebble;
  let inventory: MatrixInventory;
  let first: JsonRan;

  test.before(async (t) => {
    t.timeout(900_000);
    await removeLab(name);
    lab = await startLab({ name, hosts: [homeserverRequest(release, 'plain', release)], say: (line) => t.log(line) });
    pebble = await startPebble(lab);
    // With all that comes from the distribution: PostgreSQL, nginx, certbot, coturn.
    const own = {
      matrix_certificate_method: 'acme',
      matrix_acme_directory: pebble.directoryUrl,
      matrix_acme_terms_agreed: true,
      matrix_database: 'host',
      matrix_database_password: randomBytes(12).toString('hex'),
      matrix_turn: true,
    };
    inventory = await writeInventory(lab, { folder, hostVariables: { [release]: own }, secrets });
    first = await site();
  });

  test.after.always(async () => {
    pebble?.stop();
    await removeLab(name);
    rmSync(folder, { recursive: true, force: true });
  });

  const site = () => converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);

  async function on(script: string): Promise<string> {
    const { code, stdout, stderr } = await onHost(lab, release, script);
    if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
    return stdout.trim();
  }

  test.serial(`${title}: site.yaml makes a homeserver of a host with nothing on it, and a second run changes nothing`, async (t) => {
    t.is(first.exitCode, 0, complaint(first));
    const [server] = inventory.homeservers;
    if (!server) throw new Error('the inventory has no homeserver');
    const trusted = { ...inventory, certificateAuthority: `${inventory.certificateAuthority}\n${await pebble.rootCertificate()}` };
    const wrong = (await checkHomeserver(trusted, server, 'admin')).filter(({ isRight }) => !isRight);
    t.deepEqual(wrong, []);
    const again = await site();
    t.is(again.exitCode, 0, complaint(again));
    t.deepEqual(again.changed, []);
  });

  test.serial(`${title}: it has the PostgreSQL of the release, Docker’s own repository for it, and the words of its nginx`, async (t) => {
    t.is(await on('. /etc/os-release; echo $VERSION_CODENAME'), release);
    t.is((await on("cd / && runuser -u postgres -- psql -XAtc 'SHOW server_version' synapse")).split('.')[0], String(postgresql));
    t.regex(
      await on('apt-cache policy docker-ce'),
      new RegExp(`\\*\\*\\*[^\\n]*\\n +500 https://download\\.docker\\.com/linux/${id} ${release}/stable`),
    );
    t.regex(await on('cat /etc/nginx/sites-available/matrix'), nginx);
  });

  test.serial(
    `${title}: from outside the ports of firewall.md answer and no other, and one that Docker opens to everybody is found and named`,
    async (t) => {
      const image = lab.synapseImages[0]?.names[0] ?? '';
      await on(`docker run -d --rm --name leak -p 9123:8008 --entrypoint sleep ${image} 600`);
      t.teardown(() => on('docker rm -f leak'));
      t.deepEqual(await openPorts(lab, release), [
        ssh,
        'tcp 80 nginx',
        'tcp 443 nginx',
        ...turn.map((port) => `${port} turnserver`),
        'tcp 9123 docker-proxy',
      ]);
    },
  );
}
