// W6: a file of 1 GB and a tree of 2,000 small files, beside scp, rsync, the SSH library alone and a script of sha256sum.

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.ts';
import { run } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';
import { onAllHosts, type Say } from './hosts.ts';
import { type Measured, measure, type Subject } from './measure.ts';
import { openSite, type Site } from './site.ts';
import { onLinks } from './subjects.ts';
import { columns, counted, type Section, section, times } from './table.ts';
import { benchDirectory } from './workload.ts';

const local = join(benchDirectory, 'copies');
const file = join(local, 'file');
const tree = join(local, 'tree');
const remote = '/root/copies';

/** How large the two things are; smaller ones are for trying the bench itself. */
export interface CopySizes {
  /** MB of the file. */
  readonly megabytes: number;
  /** How many small files. */
  readonly files: number;
}

const shown = [columns.cpu, columns.memory, counted('trips', 'trips'), columns.rounds];

/** Measures W6 on the first host of the lab, without latency and with 30 ms RTT. */
export async function w6(lab: Lab, rounds: number, say: Say, sizes: CopySizes = { megabytes: 1000, files: 2000 }): Promise<Section[]> {
  await installRsync(lab, say);
  const sections: Section[] = [];
  for (const delay of [0, 15]) {
    const site = await openSite(lab, { folder: join(benchDirectory, 'sites', `w6-${delay}`), count: 1, delay });
    try {
      makeFile(sizes.megabytes);
      makeTree(sizes.files);
      sections.push(await fileOnce(lab, site, { delay, rounds, say, megabytes: sizes.megabytes }));
      sections.push(...(await treeTwice(lab, site, { delay, rounds, say, files: sizes.files })));
    } finally {
      await site.close();
      await onAllHosts(lab, `rm -rf ${remote}`);
      rmSync(local, { recursive: true, force: true });
    }
  }
  return sections;
}

interface Circumstances {
  readonly delay: number;
  readonly rounds: number;
  readonly say: Say;
}

async function fileOnce(lab: Lab, site: Site, { delay, rounds, say, megabytes }: Circumstances & { megabytes: number }): Promise<Section> {
  const expected = (await run(['sha256sum', file])).slice(0, 64);
  const fresh = (name: string, argv: readonly string[]): Subject =>
    onLinks(site, {
      name,
      prepare: () => emptied(lab),
      command: { argv },
      check: async () => {
        const [found = ''] = await onAllHosts(lab, `sha256sum ${remote}/file`);
        if (!found.startsWith(expected)) throw new Error(`${name} did not copy the file: ${found}`);
        return {};
      },
    });
  const bare = [process.execPath, join(import.meta.dirname, 'bare-ssh2.js'), String(site.endpoints[0]?.port)];
  const identity = lab.identityFile;
  const measured = await measure(
    [
      fresh('scp', ['scp', '-q', '-F', site.sshConfig, file, `h1:${remote}/file`]),
      fresh('rsync', ['rsync', '-a', '-W', '-e', `ssh -F ${site.sshConfig}`, file, `h1:${remote}/file`]),
      fresh("ssh2's own limit: exec('cat >file')", [...bare, identity, site.knownHosts, file, `${remote}/file`]),
      fresh('homerun', homerun(site, 'file', file, `${remote}/file`)),
    ],
    { rounds, say },
  );
  return section({ id: `w6-file-${2 * delay}ms`, title: `W6 a file of ${megabytes} MB, first copy, RTT ${2 * delay} ms` }, measured, [
    columns.seconds,
    times('× scp', measured[0]),
    times('× ssh2', measured[2]),
    ...shown,
  ]);
}

async function treeTwice(lab: Lab, site: Site, { delay, rounds, say, files }: Circumstances & { files: number }): Promise<Section[]> {
  const expected = await run(['sh', '-c', digestBelow(tree)]);
  const check =
    (name: string, more: (stdout: string) => boolean = () => true) =>
    async ({ stdout }: { readonly stdout: string }) => {
      const [found = ''] = await onAllHosts(lab, digestBelow(`${remote}/tree`));
      if (found !== expected || !more(stdout)) throw new Error(`${name} did not do what it should: ${stdout.slice(-1000)}`);
      return {};
    };
  const ssh = ['-F', site.sshConfig];
  const rsync = (option: string): readonly string[] => ['rsync', option, '-e', `ssh -F ${site.sshConfig}`, `${tree}/`, `h1:${remote}/tree/`];
  const subject = (name: string, argv: readonly string[], prepare: Subject['prepare'], more?: (stdout: string) => boolean): Subject =>
    onLinks(site, { name, command: { argv }, check: check(name, more), ...(prepare && { prepare }) });
  const first = () => emptied(lab);
  const said = (changed: number) => (stdout: string) => new RegExp(`changed=${changed} .*failed=0`).test(stdout);
  const copied: Measured[] = await measure(
    [
      subject('rsync -a', rsync('-a'), first),
      // Some trips for each file: with latency that is minutes.
      { ...subject('scp -r', ['scp', '-q', '-r', ...ssh, tree, `h1:${remote}/`], first), limitSeconds: 30 },
      subject('homerun', homerun(site, 'tree', `${tree}/`, `${remote}/tree`), first, said(1)),
    ],
    { rounds, say },
  );
  const floor = join(site.folder, 'compare.sh');
  writeFileSync(
    floor,
    `set -e\nssh -F '${site.sshConfig}' h1 sh -s >'${site.folder}/there' <<'end' &\ncd ${remote}/tree\nfind . -type f -print0 | sort -z | xargs -0 stat -c '%a %u %g %n'\n${sumsBelow(`${remote}/tree`)}\nend\n{ ${sumsBelow(tree)}; } >'${site.folder}/here'\nwait $!\ntail -n ${files} '${site.folder}/there' | cmp - '${site.folder}/here'\n`,
  );
  await run(rsync('-a'));
  const compared: Measured[] = await measure(
    [
      subject('floor: ssh sh -s, stat and sha256sum', ['sh', floor], undefined),
      subject('rsync -a (sizes and times)', rsync('-a'), undefined),
      subject('rsync -ac (digests)', rsync('-ac'), undefined),
      subject('homerun', homerun(site, 'tree', `${tree}/`, `${remote}/tree`), undefined, said(0)),
    ],
    { rounds, say, warmUps: 1 },
  );
  const title = `W6 a tree of ${files} small files`;
  return [
    section({ id: `w6-tree-first-${2 * delay}ms`, title: `${title}, first copy, RTT ${2 * delay} ms` }, copied, [
      columns.seconds,
      times('× rsync', copied[0]),
      ...shown,
    ]),
    section({ id: `w6-tree-again-${2 * delay}ms`, title: `${title}, unchanged, RTT ${2 * delay} ms` }, compared, [
      columns.seconds,
      times('× floor', compared[0]),
      ...shown,
    ]),
  ];
}

/** homerun with a playbook of one task. */
function homerun(site: Site, name: string, src: string, dest: string): readonly string[] {
  const playbook = join(site.folder, `${name}.yaml`);
  const task = `copy: {src: ${src}, dest: ${dest}}`;
  writeFileSync(playbook, `- hosts: all\n  gather_facts: false\n  tasks:\n    - ${task}\n`);
  return [process.execPath, command, 'run', playbook, '-i', site.inventory, '--output', 'plain'];
}

/** Nothing is there, and nothing of the round before is still on its way to the disk. */
async function emptied(lab: Lab): Promise<void> {
  await onAllHosts(lab, `rm -rf ${remote}; mkdir ${remote}; sync`);
}

const sumsBelow = (folder: string): string => `cd ${folder} && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`;
const digestBelow = (folder: string): string => `${sumsBelow(folder)} | sha256sum`;

async function installRsync(lab: Lab, say: Say): Promise<void> {
  const install = 'command -v rsync >/dev/null || { apt-get update -qq && apt-get install -y -qq rsync; } >/dev/null';
  say('  rsync on both sides');
  await onAllHosts(lab, install);
  await run(['sh', '-c', install]);
}

function makeFile(megabytes: number): void {
  mkdirSync(local, { recursive: true });
  if (existsSync(file) && statSync(file).size === megabytes * 1_000_000) return;
  const descriptor = openSync(file, 'w');
  for (let count = 0; count < megabytes; count += 1) writeSync(descriptor, randomBytes(1_000_000));
  closeSync(descriptor);
}

/** Files of 300 bytes to 8 kB, fifty in each folder, eight folders at the top: the same ones each time. */
function makeTree(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const place = Math.floor(index / 50);
    const folder = join(tree, `part-${place % 8}`, `group-${place}`);
    if (index % 50 === 0) mkdirSync(folder, { recursive: true });
    const line = createHash('sha256').update(String(index)).digest('hex');
    writeFileSync(join(folder, `file-${index}.conf`), `${line}\n`.repeat(5 + ((index * 37) % 120)));
  }
}
