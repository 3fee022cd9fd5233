import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { quote } from '../../src/values/command.ts';
import { issueCertificate } from '../lab/authority.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, homerun } from './homerun.ts';

const name = 'e2e-drift';
const folder = mkdtempSync(join(tmpdir(), 'homerun-drift-'));
const data = '/var/matrix-synapse-data';

let lab: Lab;
let inventory: MatrixInventory;

test.before(async (t) => {
  t.timeout(900_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('drift', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  const ran = await site('run');
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

const site = (action: 'run' | 'check', ...more: readonly string[]) => converge(action, ['playbooks/site.yaml', '-i', inventory.folder, ...more]);

async function onDrift(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'drift', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

test.serial('a second run changes nothing, in two trips, and check agrees', async (t) => {
  const again = await site('run');
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
  t.true((again.recap['drift']?.trips ?? 99) <= 2, `${again.recap['drift']?.trips} trips`);
  const checked = await site('check');
  t.is(checked.exitCode, 0, complaint(checked));
});

test.serial('without asking ahead the outcome is the same', async (t) => {
  const naive = await site('run', '--no-prefetch');
  t.is(naive.exitCode, 0, complaint(naive));
  t.deepEqual(naive.changed, []);
});

interface Drift {
  readonly what: string;
  /** sh that breaks it on the host. */
  readonly breakIt: string;
  /** The tasks and handlers that mend it, and no others. */
  readonly mendedBy: readonly string[];
  /** A telling piece of the plan that `check -D` shows. */
  readonly shows: RegExp;
}

const web = 'Serve everything over https';
const synapse = 'Configure Synapse';
const container = 'Run Synapse, reachable from the host itself only';

/** sh that runs Synapse in another container of the same name. */
const instead = (
  port: string,
  image: string,
): string => `new="docker run -d --name synapse --restart unless-stopped --log-driver local --log-opt max-size=20m \
--log-opt max-file=5 --stop-timeout 30 ${port} -v ${data}:/data ${image}"; docker rm -f synapse; $new
until curl -fs 127.0.0.1:${/8\d{3}/.exec(port)?.[0]}/health; do sleep 0.2; done`;

const drifts: readonly Drift[] = [
  { what: 'the nginx site deleted', breakIt: 'rm /etc/nginx/sites-enabled/matrix', mendedBy: [web], shows: /nginx site matrix/ },
  {
    what: 'the nginx site edited',
    breakIt: 'sed -i s/TLSv1.2/TLSv1.1/ /etc/nginx/sites-available/matrix',
    mendedBy: [web],
    shows: /^\s*\+.*TLSv1\.2/m,
  },
  {
    what: 'a key of homeserver.yaml edited',
    breakIt: `sed -i 's/^allow_guest_access:.*/allow_guest_access: true/' ${data}/homeserver.yaml`,
    mendedBy: [synapse],
    shows: /^\s*\+allow_guest_access: false/m,
  },
  { what: 'the container stopped', breakIt: 'docker stop -t 1 synapse', mendedBy: [container], shows: /start container synapse/ },
  { what: 'the container removed', breakIt: 'docker rm -f synapse', mendedBy: [container], shows: /create container synapse/ },
  {
    what: 'the container running another image',
    breakIt: `docker commit synapse older:1 || exit; ${instead('-p 127.0.0.1:8008:8008', 'older:1')}`,
    mendedBy: [container],
    shows: /older:1/,
  },
  {
    what: 'the container publishing another port, to everybody',
    breakIt: `${instead('-p 8009:8008', '$(docker inspect -f "{{.Config.Image}}" synapse)')}`,
    mendedBy: [container],
    shows: /8009/,
  },
  {
    what: 'the log configuration',
    breakIt: `sed -i 's/level: INFO/level: DEBUG/' ${data}/*.log.config`,
    mendedBy: [synapse],
    shows: /^\s*\+.*level: "?INFO/m,
  },
  {
    what: "the data folder's owner and mode",
    breakIt: `chown 0:0 ${data} && chmod 0777 ${data}`,
    mendedBy: ['Make the data folder'],
    shows: /mode 0777 -> 0750/,
  },
  {
    what: 'a file of the panel',
    breakIt: 'echo x >>/var/www/ketesa/current/index.html',
    mendedBy: ['Install the panel, for this server only'],
    shows: /ketesa/,
  },
  {
    what: "the panel's config.json",
    breakIt: `echo '{"restrictBaseUrl": "https://evil.example"}' >/var/www/ketesa/current/config.json`,
    mendedBy: ['Install the panel, for this server only'],
    shows: /evil\.example/,
  },
  {
    what: 'nginx disabled',
    breakIt: 'systemctl disable --now nginx',
    mendedBy: ['Start nginx, now and at each boot'],
    shows: /enable nginx\.service/,
  },
  {
    what: "Docker's daemon.json",
    breakIt: 'echo "{}" >/etc/docker/daemon.json',
    mendedBy: ['Rotate logs, and keep containers running while the engine restarts', 'Restart Docker'],
    shows: /live-restore/,
  },
];

/** Everything that a run may touch, the database aside, which Synapse itself writes. */
const stateOfAll = `{ find /etc/nginx /etc/docker /var/www ${data} -not -name "*.db*" -not -path "*/media_store*" -printf "%p %m %U %s %T@\\n" | sort; docker ps -a --format "{{.ID}} {{.State}}"; } | sha256sum`;

for (const { what, breakIt, mendedBy, shows } of drifts) {
  test.serial(`${what}: check shows it and touches nothing, run mends it and nothing else`, async (t) => {
    await onDrift(breakIt);
    const before = await onDrift(stateOfAll);
    const shown = await homerun(['check', 'playbooks/site.yaml', '-i', inventory.folder, '-D']);
    t.is(shown.exitCode, 3, shown.stdout + shown.stderr);
    t.regex(shown.stdout, shows);
    const after = await onDrift(stateOfAll);
    t.is(after, before);
    const mended = await site('run');
    t.is(mended.exitCode, 0, complaint(mended));
    t.deepEqual(
      [...new Set(mended.changed)],
      mendedBy.map((task) => `drift: ${task}`),
    );
    const right = await site('check');
    t.is(right.exitCode, 0, `still differs: ${right.changed.join(', ')}`);
  });
}

test.serial('an expired certificate is replaced, and nginx reloaded', async (t) => {
  const day = 86_400_000;
  const names = inventory.homeservers.flatMap(({ serverName, clientName }) => [serverName, clientName]);
  const expired = await issueCertificate(lab.authority, names, { notBefore: new Date(Date.now() - 90 * day), notAfter: new Date(Date.now() - day) });
  const put = (file: string, text: string) => `printf '%s' ${quote(text)} >"$(readlink -f /etc/ssl/homerun/matrix/${file})"`;
  await onDrift(`${put('fullchain.pem', expired.certificate)}; ${put('privkey.pem', expired.key)}`);
  t.is((await site('check')).exitCode, 3);
  const mended = await site('run');
  t.is(mended.exitCode, 0, complaint(mended));
  t.deepEqual(mended.changed, ['drift: Put your certificate in place', 'drift: Reload nginx']);
});

test.serial('the generated secrets and comments of homeserver.yaml survive, its diff masks them, and modes are tight', async (t) => {
  const before = await onDrift(`cat ${data}/homeserver.yaml`);
  const secret = /^macaroon_secret_key: "?([^"\n]+)/m.exec(before)?.[1] ?? '';
  t.true(secret.length > 20);
  t.regex(before, /^# /m);
  const settings = ['-e', JSON.stringify({ matrix_max_upload_size: '60M' })];
  const shown = await homerun(['check', 'playbooks/site.yaml', '-i', inventory.folder, '-D', '-vvvv', ...settings]);
  t.is(shown.exitCode, 3);
  t.regex(shown.stdout, /\+max_upload_size: "60M"/);
  t.false(shown.stdout.includes(secret));
  t.false(shown.stdout.includes(inventory.adminPassword));
  t.is(await onDrift(`cat ${data}/homeserver.yaml`), before);
  t.is(
    (await onDrift(`stat -c %a ${data}/homeserver.yaml ${data}/*.signing.key`))
      .trim()
      .split('\n')
      .filter((mode) => !/^6[04]0$/.test(mode)).length,
    0,
  );
});

test.serial('another server_name stops the host before anything is touched', async (t) => {
  const state = `find ${data} -maxdepth 1 -name "homeserver.yaml" -printf "%T@ %s"; docker inspect -f "{{.State.StartedAt}}" synapse`;
  const before = await onDrift(state);
  const ran = await site('run', '-e', 'matrix_server_name=other.lab.test');
  t.is(ran.exitCode, 2);
  t.regex(complaint(ran), /drift\.lab\.test/);
  t.regex(complaint(ran), /other\.lab\.test/);
  t.is(await onDrift(state), before);
});
