import type { Host } from '../language/inventory.ts';
import { safeJson } from '../report/json.ts';
import { oneLine } from '../report/sanitize.ts';
import type { Style } from '../report/style.ts';
import { formatSource, InputError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import type { Define } from './context.ts';
import { type Hosts, readHosts } from './hosts.ts';
import { graph, ungrouped } from './inventory-graph.ts';
import { type Origin, variablesOf } from './inventory-variables.ts';
import { addInventoryOptions, type InventoryArguments } from './options.ts';
import { printProblems } from './problems.ts';
import { runOptions } from './run-options.ts';
import { styleFor } from './screen.ts';

interface Arguments extends InventoryArguments {
  readonly graph?: true;
  readonly json?: true;
  readonly host?: string;
  readonly playbookDir?: string;
  readonly color: boolean;
}

const define: Define = (command, { io }) => {
  addInventoryOptions(
    command
      .description('Show hosts, groups and variables; without an option, how each host is reached.')
      .argument('[pattern]', 'hosts: all, web:db, web1', 'all'),
  )
    .option('--graph', 'groups as a tree, with their hosts')
    .option('--json', "everything as JSON, in the form of Ansible's inventory programs")
    .option('--host <name>', 'every variable of a host, where it is set, and what it hides')
    .option('--playbook-dir <folder>', 'with the group_vars and host_vars there, as playbooks in it see them')
    .option('--no-color', 'no colours (as with the variable NO_COLOR)')
    .action(async (pattern: string, typed: Arguments) => {
      const forms = [typed.json && '--json', typed.host !== undefined && '--host'].filter((form) => form);
      if (typed.graph && forms.length > 0) throw InputError.of(`--graph and ${forms.join(' and ')} cannot be had together`);
      const style = styleFor(io.output, io.environment, typed.color);
      const hosts = await readHosts(runOptions(typed, io), typed.host ?? pattern, typed.playbookDir);
      printProblems(io, hosts.warnings);
      if (typed.host !== undefined && typed.json) {
        const [host] = hosts.chosen;
        if (!host || hosts.chosen.length > 1)
          throw InputError.of(`--host with --json is for one host, and "${typed.host}" is ${hosts.chosen.length}`);
        io.output.write(`${safeJson(valuesOf(host, hosts), 2)}\n`);
      } else if (typed.host !== undefined) {
        io.output.write(hosts.chosen.map((host) => hostPage(host, hosts, style)).join('\n'));
      } else if (typed.graph) {
        const from = hosts.inventory.groups.has(pattern) || pattern === 'ungrouped' ? pattern : 'all';
        io.output.write(graph(hosts.inventory, new Set(hosts.chosen.map(({ name }) => name)), from));
      } else if (typed.json) io.output.write(`${safeJson(asJson(hosts), 2)}\n`);
      else io.output.write(list(hosts, style));
    });
};
export default define;

/** A host a line: where it is, and its groups. */
function list(hosts: Hosts, style: Style): string {
  const rows = hosts.chosen.map((host) => {
    const { settings } = hosts.reaching(host);
    const via = settings.proxyJump === undefined ? '' : ` through ${settings.proxyJump}`;
    const place = settings.transport === 'local' ? 'this machine' : `${settings.user}@${settings.host} port ${settings.port}${via}`;
    return { name: oneLine(host.name), place: oneLine(place), groups: host.groups.join(', ') };
  });
  const width = (of: (row: (typeof rows)[number]) => string) => Math.max(0, ...rows.map((row) => of(row).length));
  const [names, places] = [width((row) => row.name), width((row) => row.place)];
  return rows
    .map((row) => `${style.strong(row.name.padEnd(names))}  ${row.place.padEnd(places)}  ${row.groups}`.trimEnd())
    .join('\n')
    .concat('\n');
}

/** A variable a line, those that it hides below it. */
function hostPage(host: Host, hosts: Hosts, style: Style): string {
  const lines = variablesOf(host, hosts).flatMap(({ name, hidden, ...origin }) => [
    `${style.strong(oneLine(name))}: ${shownOf(origin, style)}  ${style.faint(place(origin))}`,
    ...hidden.map((other) => style.faint(`    instead of ${shownOf(other, style)}  ${place(other)}`)),
  ]);
  return `${lines.join('\n')}\n`;
}

function shownOf({ known }: Origin, style: Style): string {
  return 'value' in known ? shown(known.value) : style.status.failed(oneLine(known.problem));
}

function place({ layer, source }: Origin): string {
  return oneLine(source ? formatSource(source) : `(${layer})`);
}

/** A value in one line; secrets are masked by themselves. */
function shown(value: Value): string {
  if (value instanceof Secret) return String(value);
  return typeof value === 'string' && /^[\w./:@ -]+$/.test(value) ? value : safeJson(value);
}

/** The values of a host's variables; those that only a run can know are left out. */
function valuesOf(host: Host, hosts: Hosts): Readonly<Record<string, Value>> {
  return Object.fromEntries(variablesOf(host, hosts).flatMap(({ name, known }) => ('value' in known ? [[name, known.value]] : [])));
}

/** What `ansible-inventory --list` prints: only what is not empty. */
function asJson(hosts: Hosts): unknown {
  const { inventory, chosen } = hosts;
  const names = new Set(chosen.map(({ name }) => name));
  const group = (own: readonly string[], children: readonly string[]) => ({ hosts: own.filter((name) => names.has(name)), children });
  const groups = [
    ['all', group([], ['ungrouped', ...inventory.top])],
    ['ungrouped', group(ungrouped(inventory), [])],
    ...[...inventory.groups.values()].map(({ name, own, children }) => [name, group(own, children)] as const),
  ] as const;
  const shownGroups = groups.map(([name, parts]) => [name, Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0))] as const);
  const vars = chosen.map((host) => [host.name, valuesOf(host, hosts)] as const);
  return {
    _meta: { hostvars: Object.fromEntries(vars.filter(([, values]) => Object.keys(values).length > 0)) },
    ...Object.fromEntries(shownGroups.filter(([, parts]) => Object.keys(parts).length > 0)),
  };
}
