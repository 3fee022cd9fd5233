// Debian packages made over: other words in the control file, the same content. A .deb is an ar archive of three members (deb(5)):
// debian-binary, control.tar.*, data.tar.*; the last one, which is large, is taken over as it is.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

export interface Member {
  readonly name: string;
  readonly content: Buffer;
}

const magic = '!<arch>\n';
const headerLength = 60;

/** The members of an ar archive. @throws Error when it is not one */
export function readArchive(archive: Buffer): Member[] {
  if (archive.toString('latin1', 0, magic.length) !== magic) throw new Error('not an ar archive');
  const members: Member[] = [];
  let at = magic.length;
  while (at + headerLength <= archive.length) {
    const name = archive
      .toString('latin1', at, at + 16)
      .trim()
      .replace(/\/$/, '');
    const size = Number(archive.toString('latin1', at + 48, at + 58).trim());
    const begin = at + headerLength;
    members.push({ name, content: archive.subarray(begin, begin + size) });
    // Members begin at even positions.
    at = begin + size + (size % 2);
  }
  return members;
}

export function writeArchive(members: readonly Member[]): Buffer {
  const parts = members.map(({ name, content }) => {
    const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8), String(content.length).padEnd(10)];
    return [Buffer.from(`${fields.join('')}\`\n`, 'latin1'), content, Buffer.alloc(content.length % 2, '\n')];
  });
  return Buffer.concat([Buffer.from(magic, 'latin1'), ...parts.flat()]);
}

/**
 * Makes a package over.
 * @param file the .deb to take content and scripts from
 * @param change gets the control file and returns the new one
 */
export async function remakePackage(file: string, change: (control: string) => string): Promise<{ control: string; deb: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-lab-package-'));
  try {
    await run(['dpkg-deb', '-e', file, join(folder, 'control')]);
    const control = change(readFileSync(join(folder, 'control', 'control'), 'utf8'));
    const made = await controlArchive(folder, control);
    const members = readArchive(readFileSync(file));
    const deb = writeArchive(members.map((member) => (member.name.startsWith('control.tar') ? made : member)));
    return { control, deb };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes a package with nothing in it but a file that says what it is. */
export async function emptyPackage(name: string, control: string, explanation: string): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-lab-package-'));
  try {
    const documentation = join(folder, 'data', 'usr', 'share', 'doc', name);
    mkdirSync(documentation, { recursive: true });
    mkdirSync(join(folder, 'control'));
    writeFileSync(join(documentation, 'README.stand-in'), explanation);
    const data = { name: 'data.tar.gz', content: await archiveOf(folder, 'data') };
    const version = { name: 'debian-binary', content: Buffer.from('2.0\n') };
    return writeArchive([version, await controlArchive(folder, control), data]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function controlArchive(folder: string, control: string): Promise<Member> {
  writeFileSync(join(folder, 'control', 'control'), control);
  return { name: 'control.tar.gz', content: await archiveOf(folder, 'control') };
}

async function archiveOf(folder: string, name: string): Promise<Buffer> {
  const target = join(folder, `${name}.tar.gz`);
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mode=u=rwX,go=rX', '--mtime=2026-01-01 00:00:00Z'];
  await run(['tar', ...owner, '-C', join(folder, name), '-czf', target, '.']);
  return readFileSync(target);
}
