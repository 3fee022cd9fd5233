// The links to the hosts: a proxy in front of each, which makes the link slow and counts what passes. They live in a process of their
// own, so that what they cost is not charged to anybody.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type Proxy, startProxy } from '../lab/proxy.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What passed over one link since the last reset. */
export interface Passed {
  readonly trips: number;
  readonly bytes: number;
  readonly connections: number;
}

export interface Links {
  /** In the order of the targets, on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly reset: () => Promise<void>;
  readonly passed: () => Promise<readonly Passed[]>;
  readonly close: () => Promise<void>;
}

type Order = { readonly open: readonly Target[]; readonly delay: number } | 'reset' | 'passed';

/** Opens a link to each target. @param delay milliseconds each way */
export async function openLinks(targets: readonly Target[], delay: number): Promise<Links> {
  const child = fork(import.meta.filename, ['links'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ports = (await ask(child, { open: targets, delay })) as number[];
  return {
    ports,
    reset: async () => void (await ask(child, 'reset')),
    passed: async () => (await ask(child, 'passed')) as Passed[],
    close: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function ask(child: ChildProcess, order: Order): Promise<unknown> {
  child.send(order);
  const [answer] = await once(child, 'message');
  return answer;
}

/** The other side of `ask`. */
function serve(): void {
  let proxies: Proxy[] = [];
  const obey = async (order: Order): Promise<unknown> => {
    if (typeof order === 'object') {
      proxies = await Promise.all(order.open.map((target) => startProxy({ target, delay: order.delay })));
      return proxies.map(({ port }) => port);
    }
    if (order === 'reset') for (const proxy of proxies) proxy.reset();
    return proxies.map((proxy): Passed => {
      const { trips, up, down, connections } = proxy.counts();
      return { trips, bytes: up + down, connections };
    });
  };
  process.on('message', (order: Order) => void obey(order).then((answer) => process.send?.(answer)));
  // Also when the bench is killed.
  process.on('disconnect', () => process.exit());
}

if (process.argv[2] === 'links') serve();
