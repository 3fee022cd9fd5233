import { line } from '../params.ts';

const isByItself = 'expected another group: hosts are in "all" and "ungrouped" by themselves';

/** The name of a group that hosts join or groups are below, `all` among them; blanks become dashes, as in Ansible. */
export const parentName = () =>
  line()
    .transform((name) => name.trim().replaceAll(' ', '-'))
    .refine((name) => /^[\w.-]{1,200}$/.test(name), 'expected the name of a group: letters, digits, _ . and - are allowed')
    .refine((name) => name !== 'ungrouped', isByItself);

/** The name of a group, but for `all`. */
export const groupName = () => parentName().refine((name) => name !== 'all', isByItself);

/** A host's name, and the port that stood behind it. */
export interface NamedHost {
  readonly name: string;
  readonly port?: number;
}

/** The name of a host, `NAME:PORT`, or `[IPv6]:PORT`. */
export const hostName = () =>
  line()
    .transform((given): NamedHost => {
      const [, bare, inBrackets, port] = /^(?:([^:[\]]*)|\[([^[\]]*)\])(?::(\d{1,5}))?$/.exec(given.trim()) ?? [];
      return { name: bare ?? inBrackets ?? given.trim(), ...(port !== undefined && { port: Number(port) }) };
    })
    .refine(
      ({ name }) => /^[\w:][\w.:%-]{0,252}$/.test(name),
      'expected the name of a host, or NAME:PORT: letters, digits, _ . : and - are allowed; its address may stand in ssh_host',
    )
    .refine(({ port }) => port === undefined || (port >= 1 && port <= 65_535), 'expected a port from 1 to 65535 behind the name');
