import type { Host } from '../language/inventory.ts';
import { safeJson } from '../report/json.ts';
import { oneLine } from '../report/sanitize.ts';
import type { Style } from '../report/style.ts';
import { formatSource, InputError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import type { Define } from './context.ts';
import { type Hosts, readHosts } from './hosts.ts';
import { graph } from './inventory-graph.ts';
import { type Origin, variablesOf } from './inventory-variables.ts';
import { addInventoryOptions, type InventoryArguments } from './options.ts';
import { printProblems } from './problems.ts';
import { runOptions } from './run-options.ts';
import { styleFor } from './screen.ts';

interface Arguments extends InventoryArguments {
  readonly graph?: true;
  readonly json?: true;
  readonly host?: string;
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
    .option('--no-color', 'no colours (as with the variable NO_COLOR)')
    .action(async (pattern: string, typed: Arguments) => {
      const forms = [typed.graph && '--graph', typed.json && '--json', typed.host !== undefined && '--host'].filter((form) => form);
      if (forms.length > 1) throw InputError.of(`${forms.join(' and ')} cannot be had together`);
      const style = styleFor(io.output, io.environment, typed.color);
      const hosts = await readHosts(runOptions(typed, io), typed.host ?? pattern);
      printProblems(io, hosts.warnings);
      if (typed.host !== undefined) {
        io.output.write(hosts.chosen.map((host) => hostPage(host, hosts, style)).join('\n'));
      } else if (typed.graph) io.output.write(graph(hosts.inventory, new Set(hosts.chosen.map(({ name }) => name))));
      else if (typed.json) io.output.write(`${safeJson(asJson(hosts), 2)}\n`);
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

function hostPage(host: Host, hosts: Hosts, style: Style): string {
  const lines = variablesOf(host, hosts).flatMap(({ name, value, problem, origin, hidden }) => [
    `${style.strong(oneLine(name))}: ${value === undefined ? style.status.failed(oneLine(problem ?? '')) : shown(value)}${where(origin, style)}`,
    ...hidden.map((other) => style.faint(`    instead of that in ${place(other)}`)),
  ]);
  return `${lines.join('\n')}\n`;
}

function where(origin: Origin, style: Style): string {
  return style.faint(`  ${place(origin)}`);
}

function place({ layer, source }: Origin): string {
  return oneLine(source ? formatSource(source) : `(${layer})`);
}

/** A value in one line; secrets are masked by themselves. */
function shown(value: Value): string {
  if (value instanceof Secret) return String(value);
  return typeof value === 'string' && /^[\w./:@ -]+$/.test(value) ? value : safeJson(value);
}

/** What an Ansible inventory program prints for `--list`. Values that only a run can know are left out. */
function asJson({ inventory, chosen, ...hosts }: Hosts): unknown {
  const names = new Set(chosen.map(({ name }) => name));
  const only = (all: readonly string[]) => all.filter((name) => names.has(name));
  const vars = chosen.map((host) => [
    host.name,
    Object.fromEntries(variablesOf(host, { inventory, chosen, ...hosts }).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
  ]);
  const inGroups = new Set([...inventory.groups.values()].flatMap((group) => group.children));
  const top = [...inventory.groups.keys()].filter((name) => !inGroups.has(name));
  const ungrouped = chosen.filter((host) => host.groups.length === 0).map(({ name }) => name);
  return {
    _meta: { hostvars: Object.fromEntries(vars) },
    all: { children: ['ungrouped', ...top] },
    ungrouped: { hosts: ungrouped },
    ...Object.fromEntries([...inventory.groups.values()].map((group) => [group.name, { hosts: only(group.hosts), children: group.children }])),
  };
}
