// What a newcomer sees when something is wrong at the host: the host, the task, what happened and what to do, never a stack trace; what was
// there stays whole, and once the fault is gone a run converges.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { quote } from '../../src/values/command.ts';
import { issueCertificate } from '../lab/authority.ts';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { run } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, homerun } from './homerun.ts';
import { whileProbing } from './probe.ts';

const name = 'e2e-faults';
const folder = mkdtempSync(join(tmpdir(), 'homerun-faults-'));
const data = '/var/matrix-synapse-data';
const otherKey = join(folder, 'other-key');

let lab: Lab;
let inventory: MatrixInventory;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('ill', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', otherKey]);
  // File systems of their own, small enough to be filled.
  await onIll(`mkdir -p ${data} /var/www && cp -a /etc/nginx /root/nginx
for place in ${data}:750 /var/www:755 /etc/nginx:755; do mount -t tmpfs -o size=24m,mode=\${place#*:} tmpfs "\${place%:*}" || exit 1; done
cp -a /root/nginx/. /etc/nginx/`);
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function onIll(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'ill', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

/** A playbook of these tasks, as root unless `become` says otherwise. */
function playbook(tasks: readonly object[], become = true): string {
  const file = join(folder, 'tasks.yaml');
  writeFileSync(file, JSON.stringify([{ hosts: 'matrix', become, tasks }]));
  return file;
}

/** Runs a playbook as a user would, and gives the screen. Nothing on it may be a stack trace. */
async function screen(t: ExecutionContext, file: string, exitCode: number, variables: object = {}): Promise<string> {
  const ran = await homerun(['run', file, '-i', inventory.folder, '-e', JSON.stringify(variables), '--output', 'plain']);
  const shown = ran.stdout + ran.stderr;
  t.is(ran.exitCode, exitCode, shown);
  t.notRegex(shown, /\.[jt]s:\d+|this is a bug/);
  return shown;
}

/** Has `breakIt` done on the host while `work` runs; what it broke is mended whatever comes of that. */
async function whileBroken<T>(breakIt: string, mendIt: string, work: () => Promise<T>): Promise<T> {
  await onIll(breakIt);
  try {
    return await work();
  } finally {
    await onIll(mendIt);
  }
}

const ready = async () => (await onIll('curl -fsS http://127.0.0.1:8008/health')).trim();

/** Through nginx, as a client would ask. */
async function versions(): Promise<string | undefined> {
  const server = inventory.homeservers[0];
  const url = `https://${server?.serverName}/_matrix/client/versions`;
  const { status } = await https({ url, address: server?.host.address ?? '', ca: inventory.certificateAuthority, timeoutMs: 2000 });
  return status === 200 ? undefined : `status ${status}`;
}

test.serial('a wrong key, a wrong password and a user that is not there: unreachable, what was tried, and what to look at', async (t) => {
  const wrongKey = await screen(t, 'playbooks/site.yaml', 4, { ssh_identity_file: otherKey });
  t.regex(
    wrongKey,
    /^unreachable: \[ill\]\n {2}127\.\S+ port 22 does not let root in: tried the key \S+other-key \(SHA256:\S+\)\n {2}Is the public key in ~root/m,
  );
  t.regex(wrongKey, /^ill : ok=0 changed=0 unreachable=1 failed=0/m);

  const since = (await onIll('date "+%F %T"')).trim();
  const wrongPassword = await screen(t, 'playbooks/site.yaml', 4, { ssh_user: 'deploy', ssh_identity_file: otherKey, ssh_password: 'open-sesame' });
  t.regex(
    wrongPassword,
    /does not let deploy in: tried the key .*, then the password\n {2}Is the password right, .*PasswordAuthentication.*tried once only/,
  );
  t.false(wrongPassword.includes('open-sesame'));
  t.is((await onIll(`journalctl -q -o cat --since "${since}" | grep -c "Failed password for deploy"`)).trim(), '1');

  const nobody = await screen(t, 'playbooks/site.yaml', 4, { ssh_user: 'nobody-there' });
  t.regex(nobody, /does not let nobody-there in: .*\n.*Is ssh_user right\?/);
});

test.serial('who cannot become root is told why at the first task that needs it, after one try', async (t) => {
  const first = /^failed: \[ill\] Install what downloads over https\n {2}playbooks\/docker\.yaml:\d+:\d+: /m;
  const none = await screen(t, 'playbooks/docker.yaml', 2, { ssh_user: 'deploy' });
  t.regex(none, first);
  t.regex(none, /sudo wants a password to become root\n {2}Give it \(become_password, or -K\)/);

  const since = (await onIll('date "+%F %T"')).trim();
  const wrong = await screen(t, 'playbooks/docker.yaml', 2, { ssh_user: 'deploy', become_password: 'open-sesame' });
  t.regex(wrong, /sudo does not take the password for becoming root.*\n {2}It was tried once, and is not again in this run\. Check become_password/);
  t.false(wrong.includes('open-sesame'));
  t.is((await onIll(`journalctl -q -o cat --since "${since}" | grep -c "incorrect password attempt"`)).trim(), '1');

  const notIn = await screen(t, 'playbooks/docker.yaml', 2, { ssh_user: 'guest', become_password: lab.users.plain.password });
  t.regex(notIn, /does not let this user become root\n.*The host says: guest is not in the sudoers file/);

  await whileBroken('mv /usr/bin/sudo /usr/bin/sudo.away', 'mv /usr/bin/sudo.away /usr/bin/sudo', async () => {
    const without = await screen(t, 'playbooks/docker.yaml', 2, { ssh_user: 'deploy', become_password: lab.users.sudo.password });
    t.regex(without, first);
    t.regex(
      without,
      /there is no sudo, so this user cannot become root\n {2}Install sudo there, set become_method to .*, or log in as root \(ssh_user: root\)/,
    );
  });
  await screen(t, 'playbooks/docker.yaml', 0, { ssh_user: 'deploy', become_password: lab.users.sudo.password });
});

test.serial('a user that is not root and does not become it is told so, whatever the task', async (t) => {
  const tasks = [
    { apt: { name: 'sl', update_cache: true } },
    { copy: { content: 'x', dest: '/etc/docker/daemon.json' } },
    { file: { path: '/etc/mine', state: 'directory' } },
    { systemd: { name: 'nginx', state: 'restarted' } },
    { docker_image: { name: lab.synapseImages[0]?.names[0] } },
    { synapse_user: { name: 'admin', password: 'x' } },
    { nginx_site: { name: 'mine', content: 'server { listen 80; }\n' } },
  ];
  const before = await onIll('ls -la /etc /etc/docker /etc/nginx/* | sha256sum');
  const all = tasks.map((one, index) => ({ name: `task ${index}`, ignore_errors: true, ...one }));
  const shown = await screen(t, playbook(all, false), 0, { ssh_user: 'guest' });
  for (const index of tasks.keys()) {
    const [, told = ''] = shown.split(`failed (ignored): [ill] task ${index}\n`);
    t.regex(told.split('\nfailed')[0] ?? '', /become: true/, shown);
  }
  t.is(await onIll('ls -la /etc /etc/docker /etc/nginx/* | sha256sum'), before);
});

test.serial('a host without apt, and one that is neither Debian nor Ubuntu, are told before anything is touched', async (t) => {
  const stamp = 'find /etc /var/lib/dpkg /var/lib/apt -type f -printf "%p %T@ %s\\n" | sort | sha256sum';
  const before = await onIll(stamp);
  await whileBroken('mv /usr/bin/apt-get /usr/bin/apt-get.away', 'mv /usr/bin/apt-get.away /usr/bin/apt-get', async () => {
    const shown = await screen(t, 'playbooks/site.yaml', 2);
    t.regex(
      shown,
      /^failed: \[ill\] Install what downloads over https\n.*this host runs Debian .*, but apt-get or dpkg is missing\n {2}Look for them on the host/m,
    );
  });
  const pretend = (lines: string) => `cp -a /usr/lib/os-release /root/os-release && printf '${lines}' >/usr/lib/os-release`;
  for (const [lines, system] of [
    ['ID=fedora\\nVERSION_ID=42\\n', 'Fedora 42'],
    ['ID=linuxmint\\nVERSION_ID=22\\nID_LIKE="ubuntu debian"\\n', 'Linuxmint 22'],
  ] as const) {
    await whileBroken(pretend(lines), 'mv /root/os-release /usr/lib/os-release', async () => {
      const shown = await screen(t, 'playbooks/site.yaml', 2);
      t.regex(
        shown,
        new RegExp(
          `^failed: \\[ill\\] See that the host runs Debian or Ubuntu\n.*this host runs ${system}, and these playbooks are for Debian and Ubuntu`,
          'm',
        ),
      );
      t.regex(shown, /set matrix_docker_method to distribution or present/);
    });
  }
  t.is(await onIll(stamp), before);
});

interface Full {
  /** The file system that is full. */
  readonly place: string;
  readonly playbook: string;
  readonly variables: object;
  readonly task: string;
  /** Done before the disk is filled, so that there is something to do. */
  readonly before?: string;
}

const fulls: readonly Full[] = [
  { place: data, playbook: 'synapse', variables: { matrix_max_upload_size: '60M' }, task: 'Configure Synapse' },
  { place: '/etc/nginx', playbook: 'nginx', variables: { matrix_max_upload_size: '61M' }, task: 'Serve everything over https' },
  {
    place: '/var/www',
    playbook: 'nginx',
    variables: { matrix_homeserver_name: 'm.ill.lab.test' },
    task: 'Tell clients and other servers where the homeserver is',
  },
  {
    place: '/var/www',
    playbook: 'synapse-admin',
    variables: {},
    before: 'echo >>/var/www/ketesa/current/index.html',
    task: 'Install the panel, for this server only',
  },
];

for (const { place, playbook: step, variables, task, before = ':' } of fulls) {
  test.serial(`a full disk at ${place} (${step}): the old files stay whole, and a run converges once there is room`, async (t) => {
    await onIll(before);
    const state = `find ${place} -type f -not -name filler -not -name '*.db*' -exec sha256sum {} + | sort; ls -A ${place} ${data}.homerun /etc/nginx /var/www/* 2>/dev/null; docker inspect -f '{{.State.StartedAt}}' synapse`;
    const found = await whileBroken(`cat /dev/zero >${place}/filler 2>/dev/null; [ -s ${place}/filler ]`, `rm ${place}/filler`, async () => {
      const whole = await onIll(state);
      const shown = await screen(t, `playbooks/${step}.yaml`, 2, variables);
      t.regex(shown, new RegExp(`^failed: \\[ill\\] ${task}\n`, 'm'));
      t.regex(shown, /the disk of the host is full: .*No space left on device\n\s+Make room: df -h and df -i/);
      // Which file, so that it can be told which disk.
      t.regex(shown, new RegExp(`ill stderr \\| .*${place}/`));
      t.is(await onIll(state), whole);
      t.is(await ready(), 'OK');
      return whole;
    });
    t.true(found.length > 100);
    const again = await converge('run', [`playbooks/${step}.yaml`, '-i', inventory.folder]);
    t.is(again.exitCode, 0, complaint(again));
    t.deepEqual(again.changed, before === ':' ? [] : [`ill: ${task}`]);
    t.is((await onIll(state)).includes('StartedAt'), false);
  });
}

test.serial('a first configuration on a full disk leaves no half of a key, and is whole once there is room', async (t) => {
  const image = lab.synapseImages[0]?.names[0];
  const tasks = [
    { name: 'Configure another', synapse_config: { data_folder: '/srv/full', image, server_name: 'full.lab.test', report_stats: false } },
  ];
  const list = 'find /srv -type f -not -name filler -printf "%f %m %s\\n" | sort';
  await onIll('mkdir -p /srv/full && mount -t tmpfs -o size=64k tmpfs /srv/full');
  try {
    await whileBroken('cat /dev/zero >/srv/full/filler 2>/dev/null; [ -s /srv/full/filler ]', 'rm /srv/full/filler', async () => {
      const shown = await screen(t, playbook(tasks), 2);
      t.regex(shown, /^failed: \[ill\] Configure another\n.*the disk of the host is full: .*\n {2}Make room/m);
      t.regex(shown, /\/srv\/full\/\S+ could not be put in place/);
      t.is(await onIll(list), '');
    });
    await screen(t, playbook(tasks), 0);
    t.regex(
      await onIll(list),
      /^full\.lab\.test\.log\.config 640 [1-9]\d+\nfull\.lab\.test\.signing\.key 600 [1-9]\d\nhomeserver\.yaml 640 [1-9]\d+\n$/,
    );
  } finally {
    await onIll('umount /srv/full; rmdir /srv/full');
  }
});

test.serial('without a network everything that fetches says so, and leaves nothing behind', async (t) => {
  t.timeout(180_000);
  const release = lab.releases[0];
  const image = lab.synapseImages[0]?.names.at(-1) ?? '';
  const fetching = [
    { name: 'get a file', get_url: { url: release?.url, dest: '/root/release.tgz', checksum: `sha256:${release?.sha256}` } },
    { name: 'ask', uri: { url: release?.url, method: 'HEAD' } },
    { name: 'a release', web_application: { name: 'other', path: '/var/www/other', version: '1', url: release?.url, sha256: release?.sha256 } },
    { name: 'pull', docker_image: { name: image } },
  ];
  const all = [{ name: 'install', apt: { name: 'sl', update_cache: true } }, ...fetching].map((one) => ({ ...one, ignore_errors: true }));
  await onIll(`docker image rm ${image}`);
  // The hosts of the lab are reached from the gateway of their network, which must stay: the route beyond it goes, and what fetches is refused there.
  const rules = ['udp --dport 53', 'tcp -m multiport --dports 53,80,443'].map((ports) => `OUTPUT -o eth0 -p ${ports} -j REJECT`);
  const cut = ['ip route show default >/root/route', 'ip route del default', ...rules.map((rule) => `iptables -I ${rule}`)].join(' && ');
  const heal = ['ip route add $(cat /root/route)', ...rules.map((rule) => `iptables -D ${rule}`)].join(' && ');
  const shown = await whileBroken(cut, heal, () => screen(t, playbook(all), 0));
  for (const task of ['install', 'get a file', 'ask', 'a release', 'pull']) {
    t.regex(
      shown,
      new RegExp(
        `^failed \\(ignored\\): \\[ill\\] ${task}\n.*([Cc]ould not resolve|cannot resolve).*\n {2}Look at the host's network: ip route, /etc/resolv\\.conf`,
        'm',
      ),
    );
  }
  t.is(await onIll('ls -d /root/release.tgz* /var/www/other 2>/dev/null || true'), '');
  await screen(t, playbook(fetching), 0);
  await onIll('rm -rf /root/release.tgz /var/www/other');
});

test.serial('a daemon.json with which Docker does not start gives way to the one before, and Synapse answers again', async (t) => {
  const before = await onIll('sha256sum /etc/docker/daemon.json; docker ps --format "{{.ID}} {{.Names}}"');
  for (const [settings, reason] of [
    [{ 'storage-driver': 'nonsense' }, /failed to start daemon: .*driver not supported/],
    [{ 'live-restorre': true }, /don't match any configuration option: live-restorre/],
  ] as const) {
    const [shown, probed] = await whileProbing(versions, () => screen(t, 'playbooks/site.yaml', 2, { matrix_docker_settings: settings }));
    t.log(`${(probed.longestGapMs / 1000).toFixed(1)} s without an answer`);
    t.regex(
      shown,
      /^failed: \[ill\] handler: Restart Docker\n {2}playbooks\/docker\.yaml:\d+:\d+: .*Docker does not start with the new \/etc\/docker\/daemon\.json: /m,
    );
    t.regex(shown, reason);
    t.regex(shown, /The one before is back, and Docker runs with it\. Check matrix_docker_settings\./);
    t.is(await onIll('sha256sum /etc/docker/daemon.json; docker ps --format "{{.ID}} {{.Names}}"'), before);
    t.is(await versions(), undefined);
  }
  await screen(t, 'playbooks/docker.yaml', 0);
});

test.serial('a daemon.json that somebody broke: the reason is told, and a run mends it however often Docker has failed', async (t) => {
  const breakIt =
    "echo '{ not json' >/etc/docker/daemon.json; systemctl restart docker; for try in 1 2 3; do systemctl start docker; done; ! systemctl is-active docker";
  await whileBroken(breakIt, ':', async () => {
    const shown = await screen(t, 'playbooks/docker.yaml', 2, { matrix_docker_method: 'present' });
    t.regex(shown, /^failed: \[ill\] Start the engine, now and at each boot\n.*daemon\.json: invalid character 'n'.*\n.*journalctl/m);
    const later = await screen(t, 'playbooks/synapse.yaml', 2);
    t.regex(
      later,
      /^failed: \[ill\] Look which containers there are\n.*Docker on this host does not answer: .*\n {2}Start it, .*journalctl -u docker/m,
    );
    const account = await screen(t, 'playbooks/administrator.yaml', 2);
    t.regex(account, /^failed: \[ill\] Create the first administrator\n.*Docker on this host does not answer: .*\n {2}Start it/m);
  });
  await screen(t, 'playbooks/docker.yaml', 0);
  t.is(await ready(), 'OK');
});

/** Another server on a port of the host, as sh that starts it and sh that ends it. */
const squat = (port: number, address: string) =>
  [
    `systemd-run -q --unit=squatter python3 -m http.server ${port} --bind ${address} && until curl -s -o /dev/null http://127.0.0.1:${port}/; do sleep 0.1; done`,
    'systemctl stop squatter',
  ] as const;

test.serial('port 8008 in use: the container is not left half made, and a run makes it once the port is free', async (t) => {
  await onIll('docker rm -f synapse');
  const files = `cd ${data} && sha256sum *.yaml *.config *.key; docker ps -aq`;
  await whileBroken(...squat(8008, '127.0.0.1'), async () => {
    const before = await onIll(files);
    const shown = await screen(t, 'playbooks/synapse.yaml', 2);
    t.regex(
      shown,
      /^failed: \[ill\] Run Synapse, reachable from the host itself only\n.*127\.0\.0\.1:8008.*address already in use \(ss -ltnp on the host shows by what\)/m,
    );
    t.is(await onIll(files), before);
  });
  await screen(t, 'playbooks/synapse.yaml', 0);
  t.is(await ready(), 'OK');
});

const sites = "find /etc/nginx -printf '%p %l %m\\n' -type f -exec sha256sum {} \\; | sort";

test.serial('port 80 or 443 in use by another server than nginx: which port, how to find out, and no site half enabled', async (t) => {
  await onIll('systemctl stop nginx');
  await whileBroken(...squat(80, '0.0.0.0'), async () => {
    const shown = await screen(t, 'playbooks/certificates.yaml', 2);
    t.regex(
      shown,
      /^failed: \[ill\] Start nginx, now and at each boot\n.*a port is already in use on the host: .*0\.0\.0\.0:80 failed.*\n {2}Find out by what: ss -ltnp/m,
    );
  });
  await onIll('rm /etc/nginx/sites-enabled/matrix');
  await screen(t, 'playbooks/certificates.yaml', 0);
  await whileBroken(...squat(443, '0.0.0.0'), async () => {
    const before = await onIll(sites);
    const shown = await screen(t, 'playbooks/nginx.yaml', 2);
    t.regex(
      shown,
      /^failed: \[ill\] Serve everything over https\n.*the old ones are back: .*0\.0\.0\.0:443 failed.*Address already in use.*\n {2}Find out by what: ss -ltnp/m,
    );
    t.is(await onIll(sites), before);
    t.is((await onIll('systemctl is-active nginx')).trim(), 'active');
  });
  await screen(t, 'playbooks/nginx.yaml', 0);
  t.is(await versions(), undefined);
});

test.serial('a clock that is a year off is told with both times, in the first trip, and only then', async (t) => {
  const year = new Date().getUTCFullYear();
  const [breakIt, mendIt] = [
    `printf '#!/bin/sh\\nexec /bin/date -d "@$(($(/bin/date +%%s) - 31536000))" "$@"\\n' >/usr/local/bin/date && chmod +x /usr/local/bin/date`,
    'rm /usr/local/bin/date',
  ];
  await whileBroken(breakIt, mendIt, async () => {
    const shown = await screen(t, 'playbooks/docker.yaml', 0);
    t.is(shown.split('warning:').length, 2, shown);
    const told = new RegExp(
      `^warning: the clock of ill is 365 days behind this machine's: it shows ${year - 1}-\\S+ \\S+ UTC, and here it is ${year}-\\S+ \\S+ UTC\n {2}Turn on time synchronisation`,
      'm',
    );
    t.regex(shown, told);
    t.regex((await homerun(['run', 'playbooks/docker.yaml', '-i', inventory.folder, '--output', 'json'])).stdout, /"event":"warning".*"host":"ill"/);
  });
  t.notRegex(await screen(t, 'playbooks/docker.yaml', 0), /warning/);
});

test.serial('a certificate of the past or the future, as a wrong clock makes one of any, is told with the clock', async (t) => {
  const day = 86_400_000;
  const at = (from: number, until: number) =>
    issueCertificate(lab.authority, ['ill'], { notBefore: new Date(Date.now() + from * day), notAfter: new Date(Date.now() + until * day) });
  const expired = await at(-90, -1);
  const early = await at(200, 400);
  const file = (path: string, text: string) => `printf %s ${quote(text)} >${path}`;
  const servers = [expired, early].map(
    ({ certificate, key }, index) =>
      `${file(`/root/${index}.pem`, certificate)}; ${file(`/root/${index}.key`, key)}; printf 'server { listen 127.0.0.1:${9440 + index} ssl; ssl_certificate /root/${index}.pem; ssl_certificate_key /root/${index}.key; }' >/etc/nginx/conf.d/${index}.conf`,
  );
  await whileBroken(
    `${servers.join('\n')}\necho 127.0.0.1 ill >>/etc/hosts; systemctl reload nginx`,
    'rm /etc/nginx/conf.d/[01].conf /root/[01].*; systemctl reload nginx',
    async () => {
      for (const [port, cause] of [
        [9440, /a certificate or key has expired, or the clock of the host is wrong/],
        [9441, /the clock of the host is behind: what it fetched is of its future/],
      ] as const) {
        const shown = await screen(t, playbook([{ name: 'fetch', get_url: { url: `https://ill:${port}/`, dest: '/root/page' } }]), 2);
        t.regex(shown, cause);
        t.regex(shown, /Look at the clock of the host \(date -u\) and set it: timedatectl/);
      }
    },
  );
});

test.serial('after all that a run has nothing to do', async (t) => {
  const again = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});
