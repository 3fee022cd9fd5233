import * as z from 'zod';
import { type Network, network } from '../questions/network.ts';
import { ask } from '../questions/question.ts';
import { type Command, raw, sh } from '../values/command.ts';
import { defineModule } from './module.ts';
import { bool, line, listOf } from './params.ts';
import { found, objectParameter, optionEach, pairsOf, withDocker } from './support/docker.ts';

const pool = z.strictObject({
  subnet: line().describe('In CIDR form, such as `172.30.0.0/24`.'),
  gateway: line().optional().describe('The address of the host in it.'),
  iprange: line().optional().describe('The part of the subnet that containers get addresses from.'),
});

const params = z.strictObject({
  name: objectParameter().describe('The name of the network.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether the network shall be there. One that containers are on is not removed.'),
  driver: line().default('bridge').describe('The driver.'),
  internal: bool().default(false).describe('Whether the network has no way out.'),
  enable_ipv6: bool().default(false).describe('Whether containers get IPv6 addresses as well.'),
  attachable: bool().default(false).describe('Whether containers outside a swarm may join (overlay networks).'),
  ipam_config: listOf(pool).optional().describe("Address pools. Default: Docker's choice, which is left as it is."),
  driver_options: z.record(line(), line()).default({}).describe('Options of the driver.'),
  labels: z.record(line(), line()).default({}).describe('Labels.'),
});
type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Create or remove a network of Docker.',
  params,
  examples: [
    { description: 'Have a network for Synapse and its database.', task: 'docker_network: {name: matrix}' },
    { description: 'Have one without a way out.', task: 'docker_network: {name: database, internal: true, ipam_config: [{subnet: 172.30.0.0/24}]}' },
  ],
  ask: ({ name }) => ask({ network: network(name) }),
  plan(given, answers) {
    const present = found(answers.network);
    const writes = [`network:${given.name}`] as const;
    if (given.state === 'absent') return present ? [{ summary: `remove network ${given.name}`, commands: [remove(given)], writes }] : [];
    if (!present) return [{ summary: `create network ${given.name}`, commands: [create(given)], writes }];
    const different = differences(given, present);
    if (different.length === 0) return [];
    return [{ summary: `recreate network ${given.name}: ${different.join(', ')}`, commands: [remove(given), create(given)], writes }];
  },
  result(_given, answers) {
    const present = found(answers.network);
    return { network: present ? { Id: present.id, Driver: present.driver, Subnets: present.subnets } : {} };
  },
  absent: {
    connected: 'name the network in `networks` of docker_container',
    appends: 'name the network in `networks` of docker_container',
    force: 'a network is recreated only where it differs',
    ipam_driver: 'the default driver is used',
    scope: 'only local networks are managed',
  },
});

/** What differs, each with what it was. A network cannot be changed in place. */
function differences(given: Params, present: Network): readonly string[] {
  const subnets = given.ipam_config?.map(({ subnet }) => subnet) ?? present.subnets;
  const gateways = given.ipam_config?.flatMap(({ gateway }) => gateway ?? []) ?? [];
  const compared: readonly (readonly [what: string, wanted: unknown, is: unknown])[] = [
    ['driver', given.driver, present.driver],
    ['internal', given.internal, present.internal],
    ['enable_ipv6', given.enable_ipv6, present.ipv6],
    ['attachable', given.attachable, present.attachable],
    ['subnet', [...subnets].sort(), [...present.subnets].sort()],
    ['gateway', gateways, gateways.filter((gateway) => present.gateways.includes(gateway))],
    ['driver_options', pairsOf(given.driver_options).toSorted(), pairsOf(present.options).toSorted()],
    ['labels', pairsOf(given.labels).toSorted(), pairsOf(present.labels).toSorted()],
  ];
  return compared
    .filter(([, wanted, is]) => JSON.stringify(wanted) !== JSON.stringify(is))
    .map(([what, wanted, is]) => `${what} ${shown(wanted)} (was ${shown(is)})`);
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') || 'none' : String(value);
}

function create(given: Params): Command {
  const options = [
    '--driver',
    given.driver,
    ...(given.internal ? ['--internal'] : []),
    ...(given.enable_ipv6 ? ['--ipv6'] : []),
    ...(given.attachable ? ['--attachable'] : []),
    ...(given.ipam_config ?? []).flatMap(({ subnet, gateway, iprange }) => [
      '--subnet',
      subnet,
      ...(gateway ? ['--gateway', gateway] : []),
      ...(iprange ? ['--ip-range', iprange] : []),
    ]),
    ...optionEach('--opt', given.driver_options),
    ...optionEach('--label', given.labels),
  ];
  return withDocker(sh`docker network create ${options} -- ${given.name}`);
}

function remove({ name }: Params): Command {
  return withDocker(sh`docker network rm -- ${name} || {
  echo ${`Containers that are on the network ${name}, if that is why:`} >&2
  docker network inspect --format ${'{{range .Containers}}{{.Name}} {{end}}'} -- ${name} >&2
  exit 1
}${raw('')}`);
}
