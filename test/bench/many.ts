/**
 * What a run costs the client when there are many hosts: seconds, seconds of processor and memory for 1, 20, 100 and 200 endpoints, beside what SSH
 * alone costs there (`many-floor.ts`). `node build/test/bench/many.js [--hosts 1,20] [--rounds N] [--forks N] [--keep] [-- OPTIONS OF homerun run]`.
 * All endpoints are one lab host, so that its work slows the client down too: seconds of processor are what to look at.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { command } from '../command.ts';
import { type Endpoint, manyEndpoints } from '../lab/addresses.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { projectRoot } from '../lab/places.ts';

const labName = 'bench-many';
const most = 200;

const { values, positionals } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1,20,100,200' },
    rounds: { type: 'string', default: '3' },
    forks: { type: 'string', default: '50' },
    keep: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMegabytes: number;
}

const folder = mkdtempSync(join(tmpdir(), 'homerun-many-'));
const lab = await startLab({ name: labName, hosts: [{ name: 'many' }] });
try {
  const { endpoints, knownHostsFile } = await manyEndpoints(lab, 'many', most);
  await install(endpoints, knownHostsFile);
  console.log(`Node ${process.version}, ${values.forks} forks; the best of ${values.rounds}; load at the start ${loadavg()[0]?.toFixed(2)}`);
  console.log('hosts |  ssh2 alone: s    CPU s   MB |  homerun: s    CPU s   MB | CPU ms a host above ssh2');
  for (const count of values.hosts.split(',').map(Number)) await compare(endpoints.slice(0, count), knownHostsFile);
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (!values.keep) await removeLab(labName);
}

/** Brings all hosts to where a run changes nothing: one by a run, the others as copies of it, which takes seconds instead of minutes. */
async function install(endpoints: readonly Endpoint[], knownHostsFile: string): Promise<void> {
  const [model, ...others] = endpoints;
  if (!model) return;
  await measured(['run', playbook(), '-i', inventory([model], knownHostsFile)]);
  const copies = others.map(({ name, address }) => `copy ${name} ${address}`).join('\n');
  const { code, stderr } = await onHost(
    lab,
    'many',
    `set -e
cd /srv/many
copy() {
  rm -rf "$1"
  cp -a ${model.name} "$1"
  grep -rlE '${model.name}|${model.address}' "$1" | xargs sed -i 's/${model.name}/'"$1"'/g; s/${model.address.replaceAll('.', '\\.')}/'"$2"'/g'
  for link in "$1"/run/link-*; do ln -sfn "/srv/many/$1/etc/settings-\${link##*-}.conf" "$link"; done
}
${copies}`,
  );
  if (code !== 0) throw new Error(`the hosts could not be copied: ${stderr}`);
  const checked = await measured(['check', playbook(), '-i', inventory(endpoints, knownHostsFile), '-q']);
  console.log(`${endpoints.length} hosts are as they shall be; the first look took ${checked.seconds.toFixed(1)} s`);
}

function playbook(): string {
  return join(projectRoot, 'test/bench/many.yaml');
}

function inventory(endpoints: readonly Endpoint[], knownHostsFile: string): string {
  const file = join(folder, `hosts-${endpoints.length}.yaml`);
  const hosts = Object.fromEntries(endpoints.map(({ name, address }) => [name, { ssh_host: address }]));
  const vars = { ssh_user: 'root', ssh_identity_file: lab.identityFile, ssh_known_hosts_file: knownHostsFile };
  writeFileSync(file, JSON.stringify({ all: { hosts, vars } }));
  return file;
}

/** Turn by turn, so that what slows the machine down for a while slows down both. */
async function compare(endpoints: readonly Endpoint[], knownHostsFile: string): Promise<void> {
  const hosts = inventory(endpoints, knownHostsFile);
  const input = JSON.stringify({ addresses: endpoints.map(({ address }) => address), identityFile: lab.identityFile, forks: Number(values.forks) });
  const floors: Cost[] = [];
  const runs: Cost[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    floors.push(await costOf([join(projectRoot, 'build/test/bench/many-floor.js')], input));
    runs.push(await measured(['run', playbook(), '-i', hosts, '--forks', values.forks, ...positionals]));
  }
  const [floor, ran] = [best(floors), best(runs)];
  const above = ((ran.cpuSeconds - floor.cpuSeconds) * 1000) / endpoints.length;
  console.log(`${String(endpoints.length).padStart(5)} | ${shown(floor, 14)} | ${shown(ran, 11)} | ${above.toFixed(1).padStart(8)}`);
}

async function measured(args: readonly string[]): Promise<Cost> {
  return await costOf([command, ...args], '');
}

/** Runs a program of Node to its end. @throws Error when that is no good one */
function costOf(args: readonly string[], input: string): Promise<Cost> {
  const usage = join(folder, 'usage.json');
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', join(projectRoot, 'build/test/bench/usage.js'), ...args], {
      cwd: projectRoot,
      env: { ...process.env, HOMERUN_USAGE: usage, XDG_STATE_HOME: join(folder, 'state') },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - began) / 1000;
      if (code === 0) resolve({ seconds, ...(JSON.parse(readFileSync(usage, 'utf8')) as Omit<Cost, 'seconds'>) });
      else reject(new Error(`${args.join(' ')} ended with ${code}: ${Buffer.concat(said).toString().slice(-2000)}`));
    });
  });
}

/** The least of each, as whatever else the machine does can only add to it. */
function best(costs: readonly Cost[]): Cost {
  const least = (of: (cost: Cost) => number): number => Math.min(...costs.map(of));
  return { seconds: least((one) => one.seconds), cpuSeconds: least((one) => one.cpuSeconds), rssMegabytes: least((one) => one.rssMegabytes) };
}

function shown({ seconds, cpuSeconds, rssMegabytes }: Cost, width: number): string {
  return `${seconds.toFixed(2).padStart(width)} ${cpuSeconds.toFixed(2).padStart(8)} ${rssMegabytes.toFixed(0).padStart(4)}`;
}
