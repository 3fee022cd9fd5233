import { randomInt } from 'node:crypto';
import { InputError } from '../values/errors.ts';
import type { Io } from './io.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** 62^32 is 190 bits: more than anybody can guess, and no character that a configuration file needs quoted. */
const generatedLength = 32;
/** Characters. Shorter values would be masked wherever they happen to occur, and can be guessed. */
export const shortestSecret = 8;

/** The value of a secret to be set: random, typed twice, or from standard input. Never an argument: others on this machine could read it. */
export async function newSecretValue(name: string, isGenerated: boolean, io: Io): Promise<string> {
  if (isGenerated) return Array.from({ length: generatedLength }, () => letters[randomInt(letters.length)]).join('');
  const value = io.canAsk ? await typedTwice(name, io) : (await io.readInput()).replace(/\r?\n$/, '');
  if (value.length < shortestSecret) {
    throw InputError.of(
      value === '' ? 'the value is empty' : `the value has ${value.length} characters; a secret has at least ${shortestSecret}`,
      undefined,
      `A good one is made by: homerun secret set ${name} --generate`,
    );
  }
  return value;
}

async function typedTwice(name: string, io: Io): Promise<string> {
  const value = await io.askSecret(`Value of ${name}:`);
  const again = await io.askSecret('Once more:');
  if (value !== again) throw InputError.of('the two values differ; nothing was changed');
  return value;
}
