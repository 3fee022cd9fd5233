import * as z from 'zod';
import { checkObjectName, type DockerAnswer, inspecting, isOneOf } from './docker.ts';
import { labels } from './image.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** A network of Docker's, without the containers on it. */
export interface Network {
  readonly id: string;
  readonly driver: string;
  /** No way out of it. */
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  /** CIDR, in the order Docker lists them: Docker's own choice where none was asked for. */
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly options: { readonly [name: string]: string };
  readonly labels: { readonly [name: string]: string };
}

export interface NetworkParams {
  readonly name: string;
}

/** One network of the host's Docker engine. @throws TypeError when Docker does not allow such a name. */
export function network(name: string): Question<DockerAnswer<Network>> {
  return question(networkKind, { name: checkObjectName(name) });
}

function format(names: readonly string[]): string {
  const fields = ['Driver', 'Internal', 'Attachable', 'EnableIPv6', 'Options', 'Labels'].map((field) => `"${field}":{{json .${field}}}`);
  return `{{if ${isOneOf('.Name', names)}}}{{.Name}} {"Id":{{json .ID}},${fields.join(',')},"Ipam":{{json .IPAM.Config}}}{{end}}`;
}

const inspected = z.object({
  Id: z.string(),
  Driver: z.string(),
  Internal: z.boolean(),
  Attachable: z.boolean(),
  EnableIPv6: z.boolean(),
  Options: labels,
  Labels: labels,
  Ipam: z.array(z.object({ Subnet: z.string().optional(), Gateway: z.string().optional() })).nullish(),
});

export const networkKind: QuestionKind<NetworkParams, DockerAnswer<Network>> = inspecting({
  object: 'network',
  nameOf: ({ name }) => name,
  format,
  seen: inspected,
  read: readNetwork,
});

function readNetwork(seen: z.output<typeof inspected>): Network {
  const pools = seen.Ipam ?? [];
  return {
    id: seen.Id,
    driver: seen.Driver,
    internal: seen.Internal,
    attachable: seen.Attachable,
    ipv6: seen.EnableIPv6,
    subnets: pools.flatMap(({ Subnet }) => Subnet ?? []),
    gateways: pools.flatMap(({ Gateway }) => Gateway ?? []),
    options: seen.Options,
    labels: seen.Labels,
  };
}
