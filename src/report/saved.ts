import { type Costs, forEachPhase } from '../engine/account.ts';
import type { Recap, RunEvent, ShownChange, Status, TaskEvent, TaskOutcome } from '../engine/event.ts';
import { InputError, type Source } from '../values/errors.ts';
import type { TimedEvent } from './report.ts';

/**
 * The events of a saved run, in their order. Lines of kinds that this version does not know are left out (a newer version may have
 * written them); a last line that was cut off is too, as of a run that was killed.
 * @throws InputError with the line when the text is not a saved run.
 */
export function parseSaved(text: string, file: string): TimedEvent[] {
  const lines = text.split('\n');
  const events: TimedEvent[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    try {
      const event = parseEvent(fieldsOf(JSON.parse(line), 'an event'));
      if (event) events.push(event);
    } catch (error) {
      if (index === lines.length - 1 && index > 0) break;
      const why = error instanceof Error ? error.message : String(error);
      throw InputError.of(
        `this is not a line of a saved run (${why})`,
        { file, line: index + 1, column: 1 },
        'Save a run with: homerun run PLAYBOOK --save FILE',
      );
    }
  }
  if (events.length === 0) {
    throw InputError.of('the file holds no event of a run', { file, line: 1, column: 1 }, 'Save a run with: homerun run PLAYBOOK --save FILE');
  }
  return events;
}

type Fields = { readonly [field: string]: unknown };

function parseEvent(fields: Fields): TimedEvent | undefined {
  const event = unTimed(fields);
  return event && { ...event, time: timeOf(fields) };
}

function unTimed(fields: Fields): RunEvent | undefined {
  const kind = text(fields, 'event');
  switch (kind) {
    case 'run_start':
      return { event: kind, plays: texts(fields, 'plays'), hosts: texts(fields, 'hosts'), check: fields['check'] === true };
    case 'warning':
      return {
        event: kind,
        message: text(fields, 'message'),
        ...(fields['path'] !== undefined && { source: sourceOf(fields) }),
        ...optional(fields, 'host'),
        ...optional(fields, 'hint'),
      };
    case 'play_start':
      return { event: kind, play: text(fields, 'play'), hosts: texts(fields, 'hosts') };
    case 'host_ready':
      return { event: kind, host: text(fields, 'host'), rtt_ms: number(fields, 'rtt_ms'), trips: number(fields, 'trips') };
    case 'host_unreachable':
      return { event: kind, host: text(fields, 'host'), message: text(fields, 'message'), ...optional(fields, 'hint') };
    case 'retry':
      return {
        event: kind,
        host: text(fields, 'host'),
        task: text(fields, 'task'),
        message: text(fields, 'message'),
        attempt: number(fields, 'attempt'),
        retries: number(fields, 'retries'),
      };
    case 'task':
    case 'handler':
      return taskOf(fields, kind);
    case 'recap':
      return {
        event: kind,
        hosts: Object.fromEntries(Object.entries(fieldsOf(fields['hosts'], 'hosts')).map(([host, recap]) => [host, recapOf(recap)])),
        exit_code: number(fields, 'exit_code'),
      };
    default:
      return undefined;
  }
}

function taskOf(fields: Fields, event: 'task' | 'handler'): TaskEvent {
  const { items } = fields;
  return {
    event,
    host: text(fields, 'host'),
    play: text(fields, 'play'),
    task: text(fields, 'task'),
    source: sourceOf(fields),
    module: text(fields, 'module'),
    check: fields['check'] === true,
    ...outcomeOf(fields),
    ...(items !== undefined && {
      items: list(items, 'items').map((item) => {
        const inner = fieldsOf(item, 'an item');
        return { item: text(inner, 'item'), ...outcomeOf(inner) };
      }),
    }),
  };
}

function outcomeOf(fields: Fields): TaskOutcome {
  const { output } = fields;
  return {
    status: statusOf(text(fields, 'status')),
    ...optional(fields, 'message'),
    ...optional(fields, 'hint'),
    changes: changesOf(fields),
    ...(output !== undefined && { output: outputOf(fieldsOf(output, 'output')) }),
    ...(fields['ignored'] === true && { ignored: true }),
    durationMs: number(fields, 'duration_ms'),
  };
}

/** The record holds the diffs of all changes as one text: it goes with the last of them, so that it is shown below all summaries. */
function changesOf(fields: Fields): ShownChange[] {
  const summaries = fields['changes'] === undefined ? [] : texts(fields, 'changes');
  const diff = fields['diff'] === undefined ? undefined : text(fields, 'diff');
  return summaries.map((summary, index) => (diff !== undefined && index === summaries.length - 1 ? { summary, diff } : { summary }));
}

function outputOf(fields: Fields): NonNullable<TaskOutcome['output']> {
  return { rc: number(fields, 'rc'), stdout: text(fields, 'stdout'), stderr: text(fields, 'stderr') };
}

function recapOf(value: unknown): Recap {
  const fields = fieldsOf(value, 'a recap');
  return {
    ok: number(fields, 'ok'),
    changed: number(fields, 'changed'),
    unreachable: number(fields, 'unreachable'),
    failed: number(fields, 'failed'),
    skipped: number(fields, 'skipped'),
    rescued: number(fields, 'rescued'),
    ignored: number(fields, 'ignored'),
    trips: number(fields, 'trips'),
    ...(fields['phases'] !== undefined && { phases: costsOf(fieldsOf(fields['phases'], 'phases')) }),
  };
}

function costsOf(fields: Fields): Costs {
  return forEachPhase((phase) => {
    const cost = fieldsOf(fields[phase], phase);
    return {
      trips: number(cost, 'trips'),
      bytes_sent: number(cost, 'bytes_sent'),
      bytes_received: number(cost, 'bytes_received'),
      ms: number(cost, 'ms'),
    };
  });
}

function statusOf(status: string): Status {
  if (status === 'ok' || status === 'changed' || status === 'skipped' || status === 'failed' || status === 'unreachable') return status;
  throw new Error('"status" is none of ok, changed, skipped, failed, unreachable');
}

function sourceOf(fields: Fields): Source {
  const path = text(fields, 'path');
  const [, file = path, line = '1'] = /^(.*):(\d+)$/s.exec(path) ?? [];
  return { file, line: Number(line), column: fields['column'] === undefined ? 1 : number(fields, 'column') };
}

function timeOf(fields: Fields): string {
  const time = text(fields, 'time');
  if (Number.isNaN(Date.parse(time))) throw new Error('"time" is not a time');
  return time;
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is not a JSON object`);
  return value as Fields; // any object that is no list can be read by field names.
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`"${what}" is not a list`);
  return value;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Error(`"${name}" is not a text`);
  return value;
}

function texts(fields: Fields, name: string): string[] {
  return list(fields[name], name).map((value) => {
    if (typeof value !== 'string') throw new Error(`"${name}" is not a list of texts`);
    return value;
  });
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw new Error(`"${name}" is not a number`);
  return value;
}

function optional<Name extends string>(fields: Fields, name: Name): { readonly [name in Name]?: string } {
  if (fields[name] === undefined) return {};
  return { [name]: text(fields, name) } as { readonly [name in Name]: string }; // one field of that very name.
}
