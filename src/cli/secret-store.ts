import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Passphrase } from '../language/age.ts';
import { textOfFile } from '../language/files.ts';
import { keyFor, secretsFileOf } from '../language/secrets.ts';
import { formatSecretsFile, openDespiteNames, openSecretsFile, parseSecretsFile, type SecretsFile, sealSecrets } from '../language/secrets-file.ts';
import { InputError } from '../values/errors.ts';
import { locked } from '../values/file-lock.ts';
import { systemReason } from '../values/system-error.ts';
import type { Io } from './io.ts';
import { defaultInventory } from './options.ts';
import { passphraseOf } from './passphrase.ts';
import { writePrivate } from './private-file.ts';

/** Which inventory's secrets. */
export interface Place {
  readonly inventory: string;
}

/** A secrets file that is opened. */
export interface Opened extends Read {
  /** What opens it. */
  readonly key: readonly string[] | Passphrase;
  readonly values: ReadonlyMap<string, string>;
}

/** A secrets file as it lies on the disk. */
interface Read {
  readonly file: string;
  /** All of it: two that are the same hold the same. */
  readonly text: string;
  readonly content: SecretsFile;
}

/** What a change comes to: the values, and for whom they are, where that is another than before. */
export interface Next {
  readonly values: ReadonlyMap<string, string>;
  readonly to?: readonly string[] | Passphrase;
}

/** Reads the file without opening it. @throws InputError when there is none, or when it is wrong. */
export function readStore({ inventory }: Place): Read {
  const file = secretsFileOf(inventory);
  const text = readText(file);
  if (text === undefined)
    throw InputError.of(
      `there is no secrets file ${file}`,
      undefined,
      inventory === defaultInventory
        ? 'Make it with homerun secret init, or name your inventory with -i PATH.'
        : `Make it with homerun secret init -i ${inventory}.`,
    );
  return { file, text, content: parseSecretsFile(text, file) };
}

/** Opens the file. @param despiteNames whatever names stand in plain. @throws InputError */
export async function openStore(io: Io, place: Place, despiteNames = false): Promise<Opened> {
  const read = readStore(place);
  const key = await keyFor(read.content, read.file, io.environment, passphraseOf(io));
  const open = despiteNames ? openDespiteNames : openSecretsFile;
  return { ...read, key, values: await open(read.content, key, read.file) };
}

/**
 * Changes what the file holds. Where somebody else has changed it since it was opened, that stays: the change is made once more to what is there now.
 * The file is the old one or the new one at any moment.
 * @param change what it shall hold, from what it does; undefined leaves it as it is. @throws InputError also what `change` throws: nothing is changed then
 */
export async function changeStore(opened: Opened, change: (now: Opened) => Next | undefined): Promise<void> {
  for (let now = opened; ; now = await reopened(now)) {
    const next = change(now);
    if (!next) return;
    const sealed = formatSecretsFile(await sealSecrets(next.values, next.to ?? ('passphrase' in now.key ? now.key : now.content.recipients)));
    if (await replaced(now, sealed)) return;
  }
}

/** Whether the text is in its place: it is not if the file is another one than it was. */
async function replaced({ file, text }: Opened, sealed: string): Promise<boolean> {
  try {
    return await locked(join(dirname(file), `.${basename(file)}.lock`), () => {
      if (readText(file) !== text) return false;
      writePrivate(file, sealed);
      return true;
    });
  } catch (error) {
    throw error instanceof InputError ? error : InputError.of(`${file} cannot be written: ${systemReason(error)}`);
  }
}

async function reopened({ file, key }: Opened): Promise<Opened> {
  const text = readText(file);
  if (text === undefined) throw InputError.of(`${file} was removed meanwhile; nothing was changed`);
  const content = parseSecretsFile(text, file);
  return { file, text, content, key, values: await openSecretsFile(content, key, file) };
}

function readText(file: string): string | undefined {
  return existsSync(file) ? textOfFile(file, file) : undefined;
}

/** What the commands that hints name must end with to mean the same file. */
export function given({ inventory }: Place): string {
  return inventory === defaultInventory ? '' : ` -i ${inventory}`;
}
