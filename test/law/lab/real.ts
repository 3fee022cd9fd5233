import { quote } from '../../../src/values/command.ts';
import { isMapping, type Value } from '../../../src/values/vars.ts';
import type { Playbook } from '../play.ts';

type Words = Readonly<Record<string, Value>>;

/** Everything on a real host that a playbook of the law may touch is called so, or lies below here. */
export const root = '/srv/law';

/** Of each play: what installs or starts something takes up to a second on a real host. */
const mostTasks = 6;

/** A path of the law as it is on a real host. */
export function realPath(path: string): string {
  return path.startsWith('/home/') ? path.replace('/home/', '/home/law-') : `${root}${path}`;
}

/** sh that tells whether a package of the law is there. */
export const isPackage = (name: string) => `test -e /usr/share/law-${name}`;

/** sh that gives a thing a value, if it has another: what drift, the code of others and undeclared effects do. Empty: it is not there. */
export function setThing(name: string, value: string): string {
  const [kind = '', own = ''] = name.split(/:(.*)/s);
  if (kind === 'file') return setFile(quote(realPath(own)), value);
  if (kind === 'unit' && own.endsWith('.enabled'))
    return `systemctl -q ${value === 'yes' ? 'enable' : 'disable'} law-${own.replace('.enabled', '')} || true`;
  if (kind === 'unit') return `systemctl -q ${value === 'started' ? 'start' : 'stop'} law-${own} || true`;
  const is = {
    package: isPackage(own),
    user: `getent passwd law-${own} >/dev/null`,
    image: `docker image inspect law-${own}:1 >/dev/null 2>&1`,
    container: `docker container inspect law-${own} >/dev/null 2>&1`,
  }[kind];
  const make = {
    package: `dpkg -i ${root}-packages/law-${own}.deb`,
    user: `useradd -m law-${own}`,
    image: `docker tag law-base-${own} law-${own}:1`,
    container: `docker run -d --name law-${own} --network none --entrypoint sleep law-base-${value === 'j' ? 'j' : 'i'} infinity`,
  }[kind];
  const drop = {
    package: `dpkg -P law-${own}`,
    user: `userdel -r -f law-${own}`,
    image: `docker rmi -f law-${own}:1`,
    container: `docker rm -f law-${own}`,
  }[kind];
  if (is === undefined || make === undefined || drop === undefined) throw new Error(`nothing is known of ${name}`);
  const isThere = value === 'present' || value === 'here' || value === 'i' || value === 'j';
  return isThere ? `${is} || ${make} >/dev/null 2>&1` : `! ${is} || ${drop} >/dev/null 2>&1`;
}

function setFile(path: string, value: string): string {
  if (value === '') return `rm -rf ${path}`;
  if (value === 'folder') return `[ -d ${path} ] || { rm -f ${path}; mkdir -p ${path}; }`;
  if (value.startsWith('->')) return `[ -d ${path} ] && [ ! -L ${path} ] || ln -sfn ${quote(realPath(value.slice(2)))} ${path}`;
  return `[ -d ${path} ] || printf %s ${quote(value)} >${path}`;
}

/** sh that tells what the code of others does besides; `NAME` is a thing, as a name of a file. */
export function effectsOf(name: string): string {
  return `law-effects ${name.replaceAll('/', '_')}`;
}

/**
 * The playbook for one real host: real modules in the place of the law's own, for things with names of their own. Tasks that another host does are
 * this host's.
 */
export function realPlaybook({ plays, included, ...rest }: Playbook): Playbook {
  return {
    ...rest,
    plays: plays.map((play) => {
      const { tasks, handlers, ...words } = play as Words;
      return asRead({ ...words, tasks: all(tasks).slice(0, mostTasks), handlers: all(handlers) });
    }),
    included: { low: all(included.low as Value).map(asRead), high: all(included.high as Value).map(asRead) },
  };
}

/** What registered results and users are called. */
function asRead(item: object): object {
  const text = JSON.stringify(item)
    .replaceAll('has(r2.exists) && r2.exists', 'has(r2.stat) && r2.stat.exists')
    .replaceAll('{{ r1.value }}', '{{ default r1.stdout \\"none\\" }}')
    .replaceAll(/(r[12])\.value/g, '$1.stdout')
    .replaceAll('"value":"none"', '"stdout":"none"')
    .replaceAll(/"become_user":"(\w+)"/g, '"become_user":"law-$1"');
  return JSON.parse(text) as object;
}

function all(items: Value | undefined): readonly object[] {
  return Array.isArray(items) ? items.filter(isMapping).map(real) : [];
}

function real(item: Words): object {
  const lists = ['block', 'rescue', 'always'].flatMap((name) => (name in item ? [[name, all(item[name])] as const] : []));
  const modules = Object.entries(item).flatMap(([name, params]) => {
    const make = realModules[name];
    return make && isMapping(params) ? [[name, make(params)] as const] : [];
  });
  const words = Object.entries(item).filter(
    ([name]) => name !== 'delegate_to' && !lists.some(([one]) => one === name) && !modules.some(([one]) => one === name),
  );
  return Object.fromEntries([...words, ...lists, ...modules.flatMap(([, made]) => Object.entries(made))]);
}

const text = (value: Value | undefined) => (typeof value === 'string' ? value : '');

/** The module and its parameters, for those of the law. */
const realModules: Readonly<Record<string, (params: Words) => Readonly<Record<string, object>>>> = {
  copy: ({ dest, content }) => ({ copy: { dest: realPath(text(dest)), content } }),
  file: ({ path, state, src }) => ({
    file: { path: realPath(text(path)), state, ...(src !== undefined && { src: realPath(text(src)), force: true }) },
  }),
  stat: ({ path }) => ({ stat: { path: realPath(text(path)) } }),
  find: ({ path }) => ({ find: { paths: realPath(text(path)), recurse: true, file_type: 'any' } }),
  package: ({ name, state }) => ({ package: { name: `law-${text(name)}`, state } }),
  systemd: ({ name, ...rest }) => ({ systemd: { name: `law-${text(name)}`, ...rest } }),
  user: ({ name }) => ({ user: { name: `law-${text(name)}` } }),
  docker_container: ({ name, image }) => ({
    docker_container: {
      name: `law-${text(name)}`,
      image: `law-${text(image)}:1`,
      entrypoint: ['sleep'],
      command: ['infinity'],
      network_mode: 'none',
      stop_timeout: 1,
      healthcheck: { test: 'NONE' },
    },
  }),
  command: ({ put, to, creates, fails }) => ({
    shell: {
      cmd: `${setThing(text(put), text(to))}\n${effectsOf(text(put))}\necho ${text(to)}${fails === true ? '\nexit 3' : ''}`,
      ...(creates !== undefined && { creates: realPath(text(creates)) }),
    },
  }),
  wait_for: ({ path }) => ({ wait_for: { path: realPath(text(path)), timeout: 0 } }),
};
