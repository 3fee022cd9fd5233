import * as z from 'zod';
import { quote } from '../values/command.ts';
import { places, readPlaces } from './container.ts';
import { type DockerAnswer, linesOfDocker, readOrSay, stateOf } from './docker.ts';
import { outputLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** A container among all of a host. */
export interface ListedContainer {
  readonly name: string;
  /** True as well while it is paused, or restarting after a crash. */
  readonly running: boolean;
  /** As `Container` has them. */
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
}

/** All containers of the host's Docker engine, by name. */
export function containers(): Question<DockerAnswer<readonly ListedContainer[]>> {
  return question(containersKind, {});
}

const fields = {
  running: '.State.Running',
  binds: '.HostConfig.Binds',
  mounts: '.HostConfig.Mounts',
  ports: '.HostConfig.PortBindings',
};

const format = `{{.Name}} {${Object.entries(fields)
  .map(([name, field]) => `"${name}":{{json ${field}}}`)
  .join(',')}}`;

const listed = z.object({ running: z.boolean(), ...places });

export const containersKind: QuestionKind<object, DockerAnswer<readonly ListedContainer[]>> = {
  kind: 'containers',
  reads: () => ['container:*'],
  // One that goes away in between is not printed, and the others are.
  script: () =>
    linesOfDocker(`{ ids=$(docker ps --all --quiet --no-trunc 2>/dev/null) &&
      { [ -z "$ids" ] || docker container inspect --format ${quote(format)} -- $ids 2>/dev/null; }; }`),
  split: (output, params) => params.map(() => output),
  parse(part) {
    const lines = [...outputLines(part)].sort();
    const state = lines.map(stateOf).find((one) => one !== undefined);
    return state ?? { docker: 'running', found: lines.map((line) => readOrSay(line, (json) => read(line, json))) };
  },
};

function read(line: string, json: string): ListedContainer {
  const seen = listed.parse(JSON.parse(json));
  return { name: line.slice(line.startsWith('/') ? 1 : 0, line.indexOf(' ')), running: seen.running, ...readPlaces(seen) };
}
