import * as z from 'zod';
import { checkObjectName, type DockerAnswer, inspecting, isOneOf } from './docker.ts';
import { labels } from './image.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** A volume of Docker's, without what is in it. */
export interface DockerVolume {
  readonly driver: string;
  /** The folder on the host; empty where the driver has none. */
  readonly mountpoint: string;
  readonly options: { readonly [name: string]: string };
  readonly labels: { readonly [name: string]: string };
}

export interface DockerVolumeParams {
  readonly name: string;
}

/** One volume of the host's Docker engine. @throws TypeError when Docker does not allow such a name. */
export function dockerVolume(name: string): Question<DockerAnswer<DockerVolume>> {
  return question(dockerVolumeKind, { name: checkObjectName(name) });
}

function format(names: readonly string[]): string {
  const fields = ['Driver', 'Mountpoint', 'Options', 'Labels'].map((field) => `"${field}":{{json .${field}}}`);
  return `{{if ${isOneOf('.Name', names)}}}{{.Name}} {${fields.join(',')}}{{end}}`;
}

const inspected = z.object({ Driver: z.string(), Mountpoint: z.string(), Options: labels, Labels: labels });

export const dockerVolumeKind: QuestionKind<DockerVolumeParams, DockerAnswer<DockerVolume>> = inspecting({
  object: 'volume',
  kind: 'docker volume',
  nameOf: ({ name }) => name,
  format,
  seen: inspected,
  read: readVolume,
});

function readVolume({ Driver, Mountpoint, Options, Labels }: z.output<typeof inspected>): DockerVolume {
  return { driver: Driver, mountpoint: Mountpoint, options: Options, labels: Labels };
}
