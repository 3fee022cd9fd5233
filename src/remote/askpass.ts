import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnreachableError } from '../values/errors.ts';
import { revealed, type Text } from '../values/secret.ts';
import { makePipe } from './system-ssh.ts';

// What ssh calls for a password. The answer waits in a pipe: it stands in no file, argument list or environment. It is given once: a second question
// means that the first answer was wrong, or is about something else, and ends ssh ($PPID) before the host counts another failure.
/** What ssh is heard to say when it is asked for: then a login was tried, whatever the host has shown of itself. */
export const asked = 'homerun: the password was asked for';
/** And what then. */
export const askedAgain = `${asked} again`;

// What else ssh asks gets no password: the passphrase or PIN of a key, and whether something may be done (confirm). That a key is to be touched (none) is
// no question.
const helper = `#!/bin/sh
d=\${0%/*}
case \${SSH_ASKPASS_PROMPT-} in none) exit 0;; ?*) exit 1;; esac
case $1 in *assphrase*|*PIN\\ for*|Enter\\ PIN*) exit 1;; esac
if mkdir "$d/asked" 2>/dev/null; then
  echo '${asked}' >&2
  IFS= read -r answer <"$d/answer" && printf '%s\\n' "$answer"
else
  echo '${askedAgain}' >&2
  kill "$PPID"
  exit 1
fi
`;

/** A password that waits to be asked for. */
export interface WaitingPassword {
  /** Of the environment of ssh, `NAME=value`. */
  readonly variables: readonly string[];
  /** Takes back what nobody has asked for. */
  forget(): Promise<void>;
}

/** Lets ssh have a password, by a helper in `folder`, which only this user may enter. @throws UnreachableError */
export async function offerPassword(folder: string, password: Text): Promise<WaitingPassword> {
  const text = revealed(password);
  if (/[\n\r\0]/.test(text)) throw new UnreachableError('the password to log in with has a line break in it', 'Write it as one line.');
  const program = join(folder, 'askpass');
  await writeFile(program, helper, { mode: 0o700, flag: 'wx' });
  const pipe = join(folder, 'answer');
  if (!makePipe(pipe)) throw new UnreachableError(`a pipe cannot be made in ${folder}`, 'Is there mkfifo, and is the disk full?');
  // For reading too: for writing alone it would wait for a reader.
  const handle = await open(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  await handle.write(`${text}\n`);
  // Who has no DISPLAY is not asked by an ssh before 8.4.
  return { variables: [`SSH_ASKPASS=${program}`, 'SSH_ASKPASS_REQUIRE=force', 'SSH_ASKPASS_PROMPT=', 'DISPLAY=:'], forget: () => handle.close() };
}
