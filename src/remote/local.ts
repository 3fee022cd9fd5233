import { spawn } from 'node:child_process';
import { type Channel, type ChannelEnd, createRelay, type Link } from './channel.ts';

/** This machine as a link: each program is a /bin/sh of its own, in a session of its own like those that sshd starts. */
export function openLocal(): Link {
  const running = new Set<Channel>();
  return {
    rttMs: 0,
    traffic: () => ({ trips: 0, bytesSent: 0, bytesReceived: 0 }),
    lost: () => undefined,
    exec: (command) => Promise.resolve(start(command, running)),
    close: () => {
      for (const channel of running) channel.end();
      return Promise.resolve();
    },
  };
}

function start(command: string, running: Set<Channel>): Channel {
  const child = spawn('/bin/sh', ['-c', command], { stdio: 'pipe', detached: true });
  const relay = createRelay();
  const channel: Channel = {
    listen: relay.listen,
    write: (data) => new Promise((resolve) => child.stdin.write(data, () => resolve())),
    end: () => child.stdin.end(),
    destroy: () => {
      // It may take its time to end, and nobody waits for that.
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    },
  };
  running.add(channel);
  child.stdout.on('data', relay.stdout);
  child.stderr.on('data', relay.stderr);
  // A program that is gone makes writing fail; its end is told by 'exit' and 'close', which carry the code.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
  child.on('error', () => relay.closed({ code: 127 }));
  // What it left running may hold the streams open; what is still on its way has a second to arrive.
  child.on('exit', (code, signal) => setTimeout(() => relay.closed(endOf(code, signal)), 1000).unref());
  child.on('close', (code, signal) => {
    running.delete(channel);
    relay.closed(endOf(code, signal));
  });
  return channel;
}

function endOf(code: number | null, signal: string | null): ChannelEnd {
  return { ...(code !== null && { code }), ...(signal !== null && { signal }) };
}
