import type { Recap, Status } from '../engine/event.ts';
import { oneLine } from './sanitize.ts';
import type { Style } from './style.ts';

const counters = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored'] as const;

/**
 * The recap, a line a host in Ansible's form: `name : ok=12 changed=3 unreachable=0 failed=0 skipped=2 rescued=0 ignored=0`, names padded to
 * one width.
 * @param trips adds ` trips=1`: round trips after the host was ready.
 */
export function recapLines(hosts: { readonly [host: string]: Recap }, style: Style, trips: boolean): string[] {
  const width = Math.max(0, ...Object.keys(hosts).map((host) => oneLine(host).length));
  return Object.entries(hosts).map(([host, recap]) => {
    const counts = counters.map((name) => paint(style, name, recap[name])).join(' ');
    const name = style.status[verdict(recap)](oneLine(host).padEnd(width));
    return `${name} : ${counts}${trips ? ` trips=${recap.trips}` : ''}`;
  });
}

function paint(style: Style, name: (typeof counters)[number], count: number): string {
  const text = `${name}=${count}`;
  if (count === 0) return text;
  if (name === 'rescued' || name === 'ignored') return style.warning(text);
  return style.status[name](text);
}

function verdict(recap: Recap): Status {
  if (recap.unreachable > 0) return 'unreachable';
  if (recap.failed > 0) return 'failed';
  return recap.changed > 0 ? 'changed' : 'ok';
}
