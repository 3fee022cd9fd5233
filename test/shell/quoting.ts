import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteString, quoteAlways, quoteBytes } from '../../src/remote/words.ts';
import { quote } from '../../src/values/command.ts';
import { type Random, random } from '../random.ts';

/** The shells that hosts have; mksh has no printf of its own, so that its words go through an argument list. */
const shells: Readonly<Record<string, readonly string[]>> = {
  dash: ['/bin/dash'],
  bash: ['/bin/bash'],
  'BusyBox ash': ['/usr/bin/busybox', 'ash'],
  mksh: ['/bin/mksh'],
  zsh: ['/usr/bin/zsh'],
};

/** Why some of the shells cannot be asked here, or undefined. */
export function whyNoShells(): string | undefined {
  const missing = Object.values(shells).flatMap(([program = '']) => (existsSync(program) ? [] : [program]));
  return missing.length === 0 ? undefined : `missing: ${missing.join(', ')} (apt-get install dash bash busybox mksh zsh)`;
}

/** A string, as one character a byte; and the word that the house makes of it, in the three ways that it has. */
interface Case {
  readonly bytes: string;
  readonly word: string;
}

const ways: Readonly<Record<string, { readonly format: string; readonly draw: (draw: Random) => Case }>> = {
  // An argument of a command (values/command.ts).
  quote: {
    format: '%s',
    draw: (draw) => {
      const text = drawText(draw);
      return { bytes: byteString(text), word: byteString(quote(text)) };
    },
  },
  // A script and a variable of the environment (remote/frame.ts).
  quoteAlways: {
    format: '%s',
    draw: (draw) => {
      const bytes = drawBytes(draw, 1);
      return { bytes, word: quoteAlways(bytes) };
    },
  },
  // Standard input, which may hold NULs (remote/frame.ts).
  quoteBytes: {
    format: '%b',
    draw: (draw) => {
      const bytes = drawBytes(draw, 0);
      return { bytes, word: quoteBytes(bytes) };
    },
  },
};

/** What shells, printf or people give a meaning to. */
const pieces = [
  ...' \t\n\r\v\f\x01\x1b\x7f\'"\\$`!#&|;<>(){}[]*?~=%-+^@:,./0aZ_',
  "'\\''",
  '$(id)',
  '${IFS}',
  '$((1))',
  '`id`',
  '\\n',
  '\\c',
  '\\0',
  '\\101',
  '%s',
  '%%',
  '--',
  '-n',
  '-e',
  '~root',
  '!!',
  '&&',
  '>>',
  '<<E\n',
  "$'\\n'",
  '=ls',
  '{a,b}',
  '[a-z]',
  '\u00e9',
  '\u00ff',
  '\u0083',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ufffd',
  '\u65e5',
  '\u{1f600}',
  '\u{10ffff}',
  'e\u0301',
];

function drawText(draw: Random): string {
  return Array.from({ length: lengthOf(draw) }, () => (draw.chance(0.8) ? draw.pick(pieces) : drawLetter(draw))).join('');
}

function drawLetter(draw: Random): string {
  const code = 1 + draw.below(draw.chance(0.5) ? 0x7f : 0xd7ff);
  return String.fromCodePoint(code);
}

function drawBytes(draw: Random, least: 0 | 1): string {
  const one = (): string => (draw.chance(0.5) ? byteString(draw.pick(pieces)) : String.fromCharCode(least + draw.below(256 - least)));
  return Array.from({ length: lengthOf(draw) }, one).join('');
}

// Mostly short: what goes wrong does so at ends and between two letters.
function lengthOf(draw: Random): number {
  return draw.chance(0.02) ? draw.below(400) : draw.below(12);
}

const perCommand = 250;
const perProcess = 25_000;
/** Stands behind each word: no string holds it but by an accident that cannot happen. */
const mark = '\n<7f3b9d1c>\n';

/**
 * Draws strings and reads each through every shell.
 * @returns how many came back equal, and of those that did not the first of each shell
 */
export async function throughShells(seed: number, count: number): Promise<{ readonly equal: number; readonly wrong: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-quoting-'));
  const draw = random(seed);
  const wrong: string[] = [];
  let equal = 0;
  try {
    for (let done = 0, part = 0; done < count; done += perProcess, part += 1) {
      const [way = '', { format, draw: one } = ways['quote'] as (typeof ways)['quote']] = Object.entries(ways)[part % Object.keys(ways).length] ?? [];
      const cases = Array.from({ length: Math.min(perProcess, count - done) }, () => one(draw));
      const file = join(folder, 'script');
      writeFileSync(file, scriptOf(cases, format), 'latin1');
      const read = await Promise.all(Object.entries(shells).map(async ([name, shell]) => [name, await wordsOf(shell, file)] as const));
      for (const [name, words] of read) {
        const at = cases.findIndex(({ bytes }, index) => bytes !== words[index]);
        equal += cases.filter(({ bytes }, index) => bytes === words[index]).length;
        if (at >= 0) wrong.push(`${name}, ${way}: ${JSON.stringify(cases[at]?.bytes)} came back as ${JSON.stringify(words[at])}`);
        else if (words.length !== cases.length) wrong.push(`${name}, ${way}: ${words.length} words of ${cases.length}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { equal, wrong };
}

/** Shells that each string is read by. */
export const shellCount = Object.keys(shells).length;

function scriptOf(cases: readonly Case[], format: string): string {
  let script = '';
  for (let at = 0; at < cases.length; at += perCommand) {
    const words = cases.slice(at, at + perCommand).map(({ word }) => word);
    script += `printf '${format}${mark.replaceAll('\n', '\\n')}' ${words.join(' ')}\n`;
  }
  return script;
}

function wordsOf([program = '', ...options]: readonly string[], file: string): Promise<readonly string[]> {
  const child = spawn(program, [...options, file], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(Buffer.concat(chunks).toString('latin1').split(mark).slice(0, -1)));
  });
}
