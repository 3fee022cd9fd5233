import * as z from 'zod';
import { Secret } from '../../values/secret.ts';
import { bool, line, listOf, path } from '../params.ts';
import { imageParameter, objectParameter } from './docker.ts';

/** A URL that the host itself, or the container, can ask. */
export const healthUrl = () => line().refine((url) => /^https?:\/\/[^\s/]+/.test(url), 'expected a URL that starts with http:// or https://');

const word = () => z.union([z.string(), z.number().transform(String), z.boolean().transform(String)], 'expected text');

const environmentValue = z
  .custom<string | number | boolean | Secret>(
    (value) => ['string', 'number', 'boolean'].includes(typeof value) || value instanceof Secret,
    'expected text, a number, true or false',
  )
  .refine(
    (value) => !(value instanceof Secret),
    '`docker inspect` shows the environment to everybody who may use Docker: write the secret into a file (copy, mode "0600") and mount that with `volumes`',
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  .refine((value) => !/[\n\r\u0000]/.test(String(value)), 'expected one line: an environment file cannot hold a line break')
  .transform(String);

const words = z
  .custom<string | readonly unknown[]>(
    (value) => typeof value === 'string' || Array.isArray(value),
    'expected a list of words, or words with blanks between them',
  )
  .refine((value) => typeof value !== 'string' || !/["'\\]/.test(value), 'quotes are not read here: write a list, a word an entry')
  .transform((value) => (typeof value === 'string' ? value.split(/\s+/).filter((one) => one !== '') : value))
  .pipe(z.array(word()));

const portText = /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:]+\]):)?(?:\d{1,5}:)?\d{1,5}(?:\/(?:tcp|udp|sctp))?$/;
const port = () =>
  z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z
      .string()
      .regex(portText, 'expected [ADDRESS:][HOST-PORT:]PORT[/PROTOCOL], such as "127.0.0.1:8008:8008"')
      .refine(
        (text) => (text.replace(/^\[[^\]]*\]|\d+\.[\d.]+/, '').match(/\d+/g) ?? []).every((number) => Number(number) >= 1 && Number(number) <= 65535),
        'expected ports of 1 to 65535',
      ),
  );

const volume = () =>
  line().refine(
    (text) => /^[^:,]+:\/[^:,]*(?::[A-Za-z,]+)?$/.test(text),
    'expected SOURCE:TARGET[:OPTIONS], such as "/srv/synapse:/data"; paths with a colon or comma cannot be mounted',
  );

const network = z.union([
  objectParameter().transform((name) => ({ name, aliases: [] as string[] })),
  z.strictObject({
    name: objectParameter().describe('The network.'),
    aliases: listOf(line()).default([]).describe('Further names of the container on it.'),
  }),
]);

const duration = () =>
  line().refine((text) => /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text), 'expected a duration with its unit, such as 15s or 1m30s');

export const containerParams = z
  .strictObject({
    name: objectParameter().describe('The name of the container.'),
    image: imageParameter()
      .optional()
      .describe(
        'The image, which must be on the host (docker_image pulls it). With it the container is made to be as these parameters say; without it only its state is managed.',
      ),
    state: z
      .enum(['started', 'stopped', 'present', 'absent'])
      .default('started')
      .describe('`started` and `stopped` want it to run or not, `present` to exist, `absent` not to exist (its named volumes stay).'),
    restart: bool()
      .default(false)
      .describe('Restart it now, also when nothing differs. For handlers: as there is no state to compare, the task is always changed.'),
    restart_policy: z
      .enum(['no', 'always', 'on-failure', 'unless-stopped'])
      .default('no')
      .describe('When Docker starts it again by itself. Changed in place.'),
    restart_retries: z.int().min(0).default(0).describe('How often `on-failure` tries; 0 is without end.'),
    published_ports: listOf(port())
      .optional()
      .describe(
        'Ports of the host that lead into it: `[ADDRESS:][HOST-PORT:]PORT[/PROTOCOL]`. Without an address every network reaches the port, past most firewalls.',
      ),
    ports: listOf(port()).optional().describe('The same as published_ports.'),
    volumes: listOf(volume()).default([]).describe('Folders of the host, or named volumes: `SOURCE:TARGET[:OPTIONS]`.'),
    tmpfs: listOf(line()).default([]).describe('Folders in memory: `PATH[:OPTIONS]`.'),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'expected the name of a variable'), environmentValue)
      .default({})
      .describe('Environment variables. Not for secrets.'),
    command: words.optional().describe("The command and its arguments. Default: the image's."),
    entrypoint: words.optional().describe("The program that is given the command. Default: the image's."),
    user: line().optional().describe("`USER[:GROUP]`, names or numbers. Default: the image's."),
    networks: listOf(network)
      .default([])
      .describe("Networks it is on, the first one from the start: names, or `{name, aliases}`. Default: Docker's bridge."),
    network_mode: z
      .enum(['host', 'none', 'bridge'])
      .optional()
      .describe('Instead of networks: `host` shares the network of the host, `none` has none.'),
    labels: z.record(line(), word()).default({}).describe('Labels.'),
    healthcheck: z
      .strictObject({
        test: z
          .union([z.string().min(1), z.array(word()).min(1)], 'expected a command as text, or a list of words')
          .optional()
          .describe('A shell command, a list of words, or `NONE` to switch off the one of the image.'),
        interval: duration().optional().describe('Time between two checks.'),
        timeout: duration().optional().describe('Time a check may take.'),
        start_period: duration().optional().describe('Time in which failures do not count.'),
        retries: z.int().min(1).optional().describe('Failures in a row that count.'),
      })
      .optional()
      .describe("How Docker itself checks it. What is left out is the image's."),
    log_driver: line().optional().describe("The logging driver. Default: the engine's, whatever it is."),
    log_options: z.record(line(), word()).optional().describe('Options of the logging driver, such as `max-size`.'),
    read_only: bool().default(false).describe('Whether its file system, but for volumes and tmpfs, is read-only.'),
    privileged: bool().default(false).describe('Whether it may do what root of the host may.'),
    init: bool().default(false).describe('Whether a small init runs as its first process and collects orphans.'),
    cap_drop: listOf(line()).default([]).describe('Capabilities that are taken away; `ALL`.'),
    capabilities: listOf(line()).default([]).describe('Capabilities that are added.'),
    security_opts: listOf(line()).optional().describe("Security options, such as `no-new-privileges`. Default: the engine's."),
    etc_hosts: z.record(line(), line()).default({}).describe('Addresses by name, for its /etc/hosts.'),
    memory: line()
      .refine((size) => /^\d+[bkmgBKMG]?$/.test(size), 'expected a size such as 512M')
      .optional()
      .describe('The most memory that it may use: bytes, or with `k`, `m`, `g`. Default: no limit.'),
    stop_timeout: z.int().min(0).max(3600).optional().describe("Seconds between the request to stop and the kill. Default: Docker's 10."),
    wait_healthy: z
      .strictObject({
        url: listOf(healthUrl()).describe(
          'What must answer 2xx, one or several. Asked on the host, where curl or wget is there, else in the container.',
        ),
        timeout: z.int().min(1).max(3600).default(120).describe('Seconds until it counts as failed.'),
      })
      .optional()
      .describe(
        'When a started or recreated container counts as good. A recreated one that does not get there is removed and the one before it is put back.',
      ),
  })
  .refine(({ ports, published_ports }) => ports === undefined || published_ports === undefined, {
    path: ['ports'],
    message: 'ports and published_ports are the same: give one of them',
  })
  .refine(({ networks, network_mode }) => networks.length === 0 || network_mode === undefined, {
    path: ['network_mode'],
    message: 'give either networks or network_mode',
  })
  .refine(({ env }) => Object.keys(env).every((name) => !name.startsWith('#')), {
    path: ['env'],
    message: 'a name of a variable cannot start with #',
  });

export type ContainerParams = z.output<typeof containerParams>;

/** A path of the host that can be mounted: without a colon or comma, which `docker run -v` would take for its own. */
export const mountablePath = () => path().refine((text) => !/[:,]/.test(text), 'expected a path without colon and comma: Docker could not mount it');
