import { isStream } from '../values/stream.ts';
import { createKept, createScanner, type Kept, limits, type Marker, type Scanner } from './scan.ts';
import type { Step, StepResult } from './session.ts';

/** What a running trip tells its session. */
export interface TripEvents {
  /** The shell has begun; `pid` is its process id on the host. */
  begun(pid: number): void;
  /** A step's turn has come: after the begin marker, or after another step's end. */
  turn(index: number): void;
  /** A step waits for the stream that is its input. */
  send(index: number): void;
  /** A step printed more than `limits.stop` bytes; told once a step. */
  flood(index: number): void;
  /** All steps have ended. */
  done(results: readonly (StepResult | undefined)[]): void;
  /** The far end does not keep to the protocol: one sentence's end, `it …`. */
  broken(why: string): void;
}

/** Reads the answer to one trip. */
export interface Trip {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  /** The step was ended by us because its time was up. */
  readonly timeOut: (index: number) => void;
  /** The end of what came before the begin marker, for a message. */
  readonly noise: () => string;
}

type StreamName = 'stdout' | 'stderr';

/** Most bytes that a login shell may print before its first answer. */
const mostNoise = 2 ** 20;

/** The exit code of a step whose time was up, as of timeout(1). */
const timedOutCode = 124;

/** Follows a trip of `steps` framed with `nonce` (see `frameTrip`). Both streams carry every marker; a step has ended when both have shown its own. */
export function followTrip(nonce: string, steps: readonly Step[], events: TripEvents): Trip {
  const noise = createKept(0, 4096);
  const outputs = steps.map((): { readonly [Name in StreamName]: Kept } => ({ stdout: createKept(), stderr: createKept() }));
  const markers: { readonly [Name in StreamName]: Exclude<Marker, { kind: 'send' }>[] } = { stdout: [], stderr: [] };
  const results: (StepResult | undefined)[] = [];
  const timedOut = new Set<number>();
  const flooded = new Set<number>();
  let settled = 0;
  let turnAt = 0;

  const sent = new Set<number>();
  const isWaiting = (name: StreamName, index: number): boolean => {
    if (name === 'stderr' || sent.has(index) || !isStream(steps[index]?.stdin)) return false;
    sent.add(index);
    return true;
  };

  const scan = (name: StreamName): Scanner =>
    createScanner(nonce, {
      noise: (bytes) => {
        noise.push(bytes);
        if (noise.total() > mostNoise) events.broken(`it printed more than ${mostNoise} bytes before its first answer`);
      },
      output: (index, bytes) => {
        const kept = outputs[index]?.[name];
        kept?.push(bytes);
        if (!kept || kept.total() <= limits.stop || flooded.has(index)) return;
        flooded.add(index);
        events.flood(index);
      },
      marker: (marker) => {
        if (marker.kind === 'send')
          return isWaiting(name, marker.index) ? events.send(marker.index) : events.broken('it asks for what it was not to get');
        markers[name].push(marker);
        settle();
      },
      broken: () => events.broken('its answer does not have the expected form'),
    });

  const settle = (): void => {
    const marker = markers.stdout[settled];
    const other = markers.stderr[settled];
    if (!marker || !other) return;
    settled += 1;
    if (marker.kind === 'begin') events.begun(marker.pid);
    else if (other.kind === 'end' && other.rc === marker.rc) results.push(resultOf(marker.index, marker.rc));
    else return events.broken('its two output streams contradict each other');
    turnAt = performance.now();
    if (results.length === steps.length) events.done(results);
    else events.turn(results.length);
    settle();
  };

  const resultOf = (index: number, rc: number | undefined): StepResult | undefined => {
    const output = outputs[index];
    if (rc === undefined || !output) return undefined;
    const note = flooded.has(index) ? `\n[stopped: it printed more than ${limits.stop} bytes]\n` : '';
    return {
      rc: timedOut.has(index) ? timedOutCode : rc,
      stdout: output.stdout.text(),
      stderr: output.stderr.text() + note,
      durationMs: performance.now() - turnAt,
      ...(timedOut.has(index) && { timedOut: true }),
      ...((output.stdout.truncated() || output.stderr.truncated()) && { truncated: true }),
    };
  };

  const streams = { stdout: scan('stdout'), stderr: scan('stderr') };
  return {
    stdout: streams.stdout.push,
    stderr: streams.stderr.push,
    timeOut: (index) => timedOut.add(index),
    noise() {
      const pending = settled === 0 ? [streams.stdout.pending(), streams.stderr.pending()] : [];
      return [noise.text(), ...pending.map(String)].join('');
    },
  };
}
