import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnreachableError } from '../values/errors.ts';
import { revealed, type Text } from '../values/secret.ts';
import { makePipe } from './system-ssh.ts';

// What ssh calls for a password. The answer waits in a pipe: it stands in no file, argument list or environment. It is given once: a second question
// means that the first answer was wrong, or is about something else, and ends ssh ($PPID) before the host counts another failure.
/** What ssh is heard to say then. */
export const askedAgain = 'homerun: the password was asked for again';

const helper = `#!/bin/sh
d=\${0%/*}
case $1 in *assphrase*) exit 1;; esac
if mkdir "$d/asked" 2>/dev/null; then
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
  return { variables: [`SSH_ASKPASS=${program}`, 'SSH_ASKPASS_REQUIRE=force', 'DISPLAY=:'], forget: () => handle.close() };
}
