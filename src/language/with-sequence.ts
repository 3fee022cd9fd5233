import { InputError } from '../values/errors.ts';
import type { Expression } from './expression.ts';

/** More items than anyone writes on purpose. */
const most = 100_000;

/** The texts that Ansible's `sequence` gives: `start=1 end=5 stride=2 format=web%02d`, `count=4`, or in short `5`, `2-8/2`, `4:web%02d`. */
export function sequenceOf(text: string, { source }: Expression): readonly string[] {
  const { start, end, count, stride: step, format } = partsOf(text, source);
  const from = start ?? 1;
  const stride = step ?? 1;
  const to = end ?? (count === undefined ? undefined : from + (count - 1) * stride);
  if (to === undefined) throw InputError.of('with_sequence wants an end or a count', source, 'Write start=1 end=5, or count=5.');
  if (count === 0) return [];
  if (stride === 0 || (stride > 0 ? to < from : to > from)) {
    if (count === undefined && stride !== 0)
      throw InputError.of(`with_sequence cannot go from ${from} to ${to} by ${stride}`, source, 'Give a stride that leads there.');
    return [];
  }
  const length = Math.floor((to - from) / stride) + 1;
  if (length > most) throw InputError.of(`with_sequence would have ${length} items`, source, `At most ${most} make a loop.`);
  return Array.from({ length }, (_, index) => formatted(format ?? '%d', from + index * stride));
}

interface Parts {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly count?: number | undefined;
  readonly stride?: number | undefined;
  readonly format?: string | undefined;
}

function partsOf(text: string, source: Expression['source']): Parts {
  const short = /^(?:(-?\w+)-)?(-?\w+)(?:\/(-?\w+))?(?::(.+))?$/.exec(text.trim());
  if (short && !text.includes('=')) {
    const [, start, end, stride, format] = short;
    return { start: numberOf(start, source), end: numberOf(end, source), stride: numberOf(stride, source), format };
  }
  const given = new Map<string, string>();
  for (const word of text.trim().split(/\s+/)) {
    const [, name, value] = /^(start|end|count|stride|format)=(.*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw InputError.of(`with_sequence does not know "${word}"`, source, 'Write start=1 end=5 stride=2 format=web%02d, or count=5.');
    given.set(name, value);
  }
  const number = (name: string) => numberOf(given.get(name), source);
  return { start: number('start'), end: number('end'), count: number('count'), stride: number('stride'), format: given.get('format') };
}

function numberOf(text: string | undefined, source: Expression['source']): number | undefined {
  if (text === undefined) return undefined;
  const octal = /^(-?)0([0-7]+)$/.exec(text);
  const value = octal ? Number(`${octal[1]}1`) * Number.parseInt(octal[2] ?? '', 8) : Number(text);
  if (!Number.isSafeInteger(value)) throw InputError.of(`with_sequence wants whole numbers, got "${text}"`, source);
  return value;
}

/** One `%d`, `%03d`, `%x` or `%o` is the number. */
function formatted(format: string, value: number): string {
  return format.replace(/%(0?)(\d*)([dxo])|%%/, (whole, zero: string, width: string, kind: string) => {
    if (whole === '%%') return '%';
    const digits = value.toString(kind === 'x' ? 16 : kind === 'o' ? 8 : 10);
    return digits.padStart(Number(width || 0), zero === '0' ? '0' : ' ');
  });
}
