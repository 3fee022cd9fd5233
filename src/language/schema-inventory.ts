import { becomeMethodNames } from '../values/become-method.ts';
import { flag, type JsonSchema, orTemplate, refused, shared } from '../values/json-schema.ts';
import { connectionVariables, type Setting } from './connection.ts';
import { number, variables } from './schema-words.ts';

const text: JsonSchema = { type: ['string', 'number'] };

const textOrTexts: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };

const settings: Readonly<Record<Setting, readonly [JsonSchema, string]>> = {
  transport: [
    orTemplate({ enum: ['ssh', 'local', 'smart', 'paramiko', 'paramiko_ssh'] }),
    'How the host is reached: ssh, or local for this machine without SSH. Default: ssh.',
  ],
  host: [text, 'The address or name that the host is reached under. Default: its name in the inventory.'],
  port: [number(1, 65_535), 'The port of its SSH server. Default: 22.'],
  user: [text, 'Whom to log in as. Default: whoever runs homerun, or -u.'],
  password: [text, 'The password to log in with: from the secrets file, or asked for with -k.'],
  identityFile: [text, 'The private key to log in with.'],
  proxyJump: [text, 'Hosts on the way: user@host:port, several with commas between.'],
  knownHosts: [textOrTexts, 'Files of host keys, the first of which is written to by homerun trust.'],
  hostKeys: [textOrTexts, 'SHA256:… of the key of the host, as ssh-keygen -l shows it, or a list of them: no other key is taken.'],
  hostKeyAlias: [text, 'The name that the keys of the host are kept under in the files of host keys, whatever its address and port.'],
  proxyJumpHostKeys: [textOrTexts, 'SHA256:… of the keys of the hosts on the way, one each, in the order of ssh_proxy_jump.'],
  timeout: [number(1, 600), 'Seconds that connecting may take. Default: 20.'],
  sshTransport: [
    orTemplate({ enum: ['ssh2', 'openssh'] }),
    "What speaks SSH: ssh2, which is part of homerun, or this machine's own ssh (openssh), for certificates, hardware keys, GSSAPI and ProxyCommand. Default: ssh2.",
  ],
  sshConfig: [{ type: 'string' }, 'A file of ssh_config(5) to read for what is not said here, or none. Default: those that ssh reads.'],
  become: [{ anyOf: [flag] }, 'Whether tasks that do not say so are done as another user.'],
  becomeUser: [text, 'The user that they are done as. Default: root.'],
  becomeMethod: [orTemplate({ enum: [...becomeMethodNames] }), 'The program by which one becomes that user: sudo, su or doas. Default: sudo.'],
  becomePassword: [text, 'The password that it asks for: from the secrets file, or asked for with -K.'],
};

/** The schema of inventory files for editors: groups of hosts, and the variables that say how a host is reached. */
export function inventorySchema(): JsonSchema {
  const vars: JsonSchema = { $ref: '#/definitions/variables' };
  const groupName = '^[\\w.-]+$';
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Inventory of homerun',
    type: 'object',
    patternProperties: { [groupName]: { $ref: '#/definitions/group' } },
    additionalProperties: false,
    definitions: {
      ...shared,
      variables: variablesSchema(),
      group: {
        type: ['object', 'null'],
        properties: {
          hosts: {
            type: ['object', 'null'],
            additionalProperties: vars,
            description: 'Its hosts, each with variables: web1: {ssh_host: 192.0.2.1}. web[01:20] is twenty.',
          },
          vars: { description: 'Variables of all its hosts.', allOf: [vars] },
          children: {
            type: ['object', 'null'],
            patternProperties: { [groupName]: { $ref: '#/definitions/group' } },
            additionalProperties: false,
            description: 'Groups in it.',
          },
        },
        additionalProperties: false,
      },
    },
  };
}

function variablesSchema(): JsonSchema {
  const { names, refused: refusedNames, fixed } = connectionVariables;
  const known = (Object.keys(settings) as Setting[]).flatMap((setting) => {
    const [schema, description] = settings[setting];
    return names[setting].map((name, index) => [name, { description, ...schema, ...(index > 0 && { doNotSuggest: true }) }] as const);
  });
  const ours = [...known.map(([name]) => name), ...Object.keys(refusedNames)].filter((name) => name.startsWith('ssh_'));
  const instead = Object.entries(refusedNames).map(([name, reason]) => [name, refused(reason)] as const);
  const always = Object.entries(fixed).map(
    ([name, { values, hint }]) => [name, { ...orTemplate({ enum: [...values] }), description: hint, doNotSuggest: true }] as const,
  );
  const priority = {
    ansible_group_priority: {
      ...number(-999_999_999, 999_999_999),
      description: 'In the vars of a group: of groups equally deep the higher counts. Default: 1.',
    },
  };
  return {
    ...variables,
    properties: { ...Object.fromEntries([...known, ...instead, ...always]), ...priority },
    // A name that begins like those of connections and is none would do nothing.
    patternProperties: {
      [`^ssh_(?!(${ours.map((name) => name.slice('ssh_'.length)).join('|')})$)`]: refused('There is no such connection variable.'),
    },
  };
}
