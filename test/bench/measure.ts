// Measuring several subjects beside each other: turn by turn, so that what slows the machine down for a while slows down all of them.

import { type Command, type Cost, costOf } from './cost.ts';

/** Something that is measured against others. */
export interface Subject {
  readonly name: string;
  /** How often; default as often as the others. Slow ones may take fewer. */
  readonly rounds?: number;
  /** Seconds that one round may take; default 900. A subject that takes longer is measured no more, and says so. */
  readonly limitSeconds?: number;
  /** Not measured, before each round: drift, or bare hosts. */
  readonly prepare?: () => Promise<void>;
  readonly command: Command;
  /**
   * Not measured, after each round: whether the command did what it should.
   * @returns what else is counted, by name, such as trips
   * @throws Error with what is wrong; the measuring ends with it
   */
  readonly check?: (cost: Cost) => Promise<Counts> | Counts;
}

export type Counts = Readonly<Record<string, number>>;

/** One round of one subject. */
export interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly counts: Counts;
}

export interface Measured {
  readonly name: string;
  /** In the order in which they were taken; empty when the first one took too long. */
  readonly samples: readonly Sample[];
  /** What a reader must know, such as that it took too long. */
  readonly note?: string;
}

const defaultLimit = 900;

/**
 * Runs all subjects, each round all of them.
 * @param warmUps rounds before that are checked and not counted
 * @throws Error when a command fails, or its check does
 */
export async function measure(
  subjects: readonly Subject[],
  { rounds, warmUps = 0, say = () => undefined }: { rounds: number; warmUps?: number; say?: (line: string) => void },
): Promise<Measured[]> {
  const samples = subjects.map((): Sample[] => []);
  const notes = subjects.map((): string | undefined => undefined);
  const most = Math.max(rounds, ...subjects.map((subject) => subject.rounds ?? 0));
  for (let round = -warmUps; round < most; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      if (notes[index] !== undefined || round >= (subject.rounds ?? rounds)) continue;
      const sample = await runOnce(subject);
      if (sample === undefined) notes[index] = `took longer than ${subject.limitSeconds ?? defaultLimit} s and was ended`;
      else if (round >= 0) samples[index]?.push(sample);
      say(
        `  ${round < 0 ? 'warm-up' : `round ${round + 1}`}  ${subject.name}: ${sample === undefined ? notes[index] : `${sample.seconds.toFixed(2)} s`}`,
      );
    }
  }
  return subjects.map(({ name }, index) => {
    const note = notes[index];
    return { name, samples: samples[index] ?? [], ...(note !== undefined && { note }) };
  });
}

/** One round; undefined when the time was over. */
async function runOnce({ name, prepare, command, check, limitSeconds = defaultLimit }: Subject): Promise<Sample | undefined> {
  await prepare?.();
  const cost = await costOf(command, limitSeconds);
  if (cost.code === null) return undefined;
  if (cost.code !== 0) throw new Error(`${name} ended with exit code ${cost.code}: ${cost.stderr.slice(-2000) || cost.stdout.slice(-2000)}`);
  const counts = (await check?.(cost)) ?? {};
  const { seconds, cpuSeconds, peakBytes } = cost;
  return { seconds, cpuSeconds, peakBytes, counts };
}

/** The value below which `share` (0 to 1) of the values lie, between two of them in proportion. NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Where most of the values lie: the least and the greatest of a few, 5 % to 95 % of twenty or more. */
export function spread(values: readonly number[]): readonly [low: number, high: number] {
  const outside = values.length < 20 ? 0 : 0.05;
  return [quantile(values, outside), quantile(values, 1 - outside)];
}

/** One kind of number of all rounds of a subject. */
export function valuesOf({ samples }: Measured, what: 'seconds' | 'cpuSeconds' | 'peakBytes' | { readonly count: string }): number[] {
  return samples.map((sample) => (typeof what === 'string' ? sample[what] : (sample.counts[what.count] ?? Number.NaN)));
}

/**
 * How many times as long the one took as the other: the median of the rounds, each with the other's of the same round, as they ran one
 * after another; where one has fewer rounds, of the rounds that both have.
 */
export function ratio(one: Measured, other: Measured): { readonly median: number; readonly low: number; readonly high: number } {
  const pairs = Math.min(one.samples.length, other.samples.length);
  const others = valuesOf(other, 'seconds');
  const values = valuesOf(one, 'seconds')
    .slice(0, pairs)
    .map((seconds, round) => seconds / (others[round] ?? Number.NaN));
  const [low, high] = spread(values);
  return { median: median(values), low, high };
}
