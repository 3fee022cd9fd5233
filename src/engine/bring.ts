import { createHash } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Step, StepResult } from '../remote/session.ts';
import type { Brought } from '../values/change.ts';
import { quote } from '../values/command.ts';
import { besideOf, syncFolder } from '../values/durable.ts';
import { TaskError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';

/** Bytes that are asked for in one trip: in base64 they stay below what is kept of a step's output. */
const pieceSize = 4 * 2 ** 20;

/** What is said on standard error where a program of the host has not done its part; other programs, and what is loaded into them, may have things to say too. */
const notAll = 'homerun-not-all';

type RunStep = (step: Step) => Promise<StepResult | undefined>;

/**
 * Brings a file of the host to this machine, piece by piece into a temporary file beside its place, which gets its name when all of it is there and has the
 * right digest. A new file is for its owner alone; one that is replaced keeps its mode, and a link stays.
 * @throws TaskError when it cannot be read or written, or is not what it should be; UnreachableError.
 */
export async function bring(brought: Brought, run: RunStep): Promise<void> {
  const { from, to, sha256 } = brought;
  const { target, mode } = placeOf(to);
  const temporary = besideOf(target);
  let descriptor: number | undefined;
  try {
    descriptor = local(to, () => openSync(temporary, 'wx', 0o600));
    const digest = await copyInto(descriptor, brought, run);
    if (sha256 !== undefined && digest !== sha256) throw changed(from, `expected sha256 ${sha256}, got ${digest}`);
    const open = descriptor;
    local(to, () => {
      fsyncSync(open);
      chmodSync(temporary, mode);
      renameSync(temporary, target);
      syncFolder(dirname(target));
    });
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor);
      rmSync(temporary, { force: true });
    }
  }
}

/** @returns the SHA-256 of what was written. */
async function copyInto(descriptor: number, { from, to, size = Number.POSITIVE_INFINITY }: Brought, run: RunStep): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; ; at += pieceSize) {
    const result = await run({
      script: `exec <${quote(from)} || exit 1
{ tail -c +${at + 1} || echo ${notAll} >&2; } | { head -c ${pieceSize} || echo ${notAll} >&2; } | base64`,
    });
    const piece = pieceIn(from, result);
    // A host may go on for ever.
    if (at + piece.length > size) throw changed(from, `expected ${size} bytes, got more`);
    hash.update(piece);
    local(to, () => {
      for (let done = 0; done < piece.length; ) done += writeSync(descriptor, piece, done);
    });
    if (piece.length < pieceSize) return hash.digest('hex');
  }
}

function pieceIn(from: string, result: StepResult | undefined): Buffer {
  if (result?.timedOut) throw new TaskError(`reading ${from} took too long`);
  if (result?.rc !== 0) throw unreadable(from, result?.stderr ?? 'the host did not answer');
  const encoded = result.stdout.replaceAll('\n', '');
  const piece = Buffer.from(encoded, 'base64');
  // What a host prints is not trusted: Buffer skips what is no base64.
  if (result.truncated || piece.length > pieceSize || piece.toString('base64') !== encoded)
    throw new TaskError(`the host's answer about the content of ${from} is not understood`);
  // The exit code is that of the last program alone. What is short is the end of the file, unless one before could not read on.
  if (piece.length < pieceSize && result.stderr.includes(notAll)) throw unreadable(from, result.stderr);
  return piece;
}

function changed(from: string, how: string): TaskError {
  return new TaskError(
    `${from} was changed while it was brought: ${how}`,
    'Run it again; for a file that is written all the time say validate_checksum: false.',
  );
}

function unreadable(from: string, said: string): TaskError {
  return new TaskError(`${from} cannot be read any more: ${said.replaceAll(notAll, '').trim()}`, 'Is it still there, and are tail, head and base64?');
}

/** Where a path leads, with its folder made, and the mode that the file shall have. */
function placeOf(path: string): { readonly target: string; readonly mode: number } {
  return local(path, () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found) return { target: realpathSync(path), mode: found.mode & 0o7777 };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return { target: path, mode: 0o600 };
  });
}

function local<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new TaskError(`${path} cannot be written on this machine: ${systemReason(error)}`);
  }
}
