import { phases } from '../engine/account.ts';
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

/** What each host cost, a line each: `web1 : connect 9 trips, 4.9 kB sent, 4.1 kB received, 213 ms · prefetch …`. Phases in which nothing was waited for are left out. */
export function costLines(hosts: { readonly [host: string]: Recap }): string[] {
  return Object.entries(hosts).flatMap(([host, { phases: costs }]) => {
    if (!costs) return [];
    const parts = phases
      .map((phase) => ({ phase, ...costs[phase] }))
      .filter(({ trips, ms }) => trips > 0 || ms > 0)
      .map((cost) => {
        const sent = `${size(cost.bytes_sent)} sent, ${size(cost.bytes_received)} received`;
        return `${cost.phase} ${cost.trips} ${cost.trips === 1 ? 'trip' : 'trips'}, ${sent}, ${cost.ms} ms`;
      });
    return parts.length === 0 ? [] : [`${oneLine(host)} : ${parts.join(' · ')}`];
  });
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
