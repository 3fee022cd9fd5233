import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { synapseAccount } from '../questions/synapse-account.ts';
import { databaseConnection } from '../questions/synapse-container.ts';
import type { Change } from '../values/change.ts';
import { type Command, explainsItself, quote, raw, sh, withStdin } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { revealed, Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { bool, path, text } from './params.ts';
import { healthFunctions } from './support/container-health.ts';
import { dockerHint, objectParameter, withDocker } from './support/docker.ts';
import { healthFrom, synapseHealth, synapseUrl } from './support/synapse-params.ts';
import { mustBeHere, userId } from './support/synapse-user-id.ts';

/** Synapse's own limit, in characters. */
const longestPassword = 512;

const params = z.strictObject({
  name: userId().describe('The account: `admin`, or the whole id, `@admin:example.org`.'),
  password: text()
    .refine((value) => revealed(value).trim() !== '', 'expected a password that is not empty')
    .refine((value) => revealed(value).trim() === revealed(value), 'expected a password without blanks at its ends: Synapse would cut them off')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    .refine((value) => !/[\u0000-\u001f\u007f]/.test(revealed(value)), 'expected a password without line breaks and control characters')
    .refine((value) => Array.from(revealed(value)).length <= longestPassword, `expected a password of at most ${longestPassword} characters`)
    .describe('Its first password. Used only to create the account: a later change, by the user or here, is no difference.'),
  admin: bool().optional().describe('Whether it may administer the homeserver. Default: as it is; no for a new account.'),
  container: objectParameter().default('synapse').describe('The container that Synapse runs in.'),
  config: path().default('/data/homeserver.yaml').describe('The homeserver.yaml, as the container sees it.'),
  url: synapseUrl(),
  wait_healthy: synapseHealth(120).describe('What must answer after the restart that making an existing account an administrator takes.'),
});
type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Create an account of a homeserver once, also the first administrator; the password stands in no argument list, environment or log.',
  params,
  examples: [
    { description: 'Have an administrator.', task: 'synapse_user: {name: admin, password: "{{ secret \'admin_password\' }}", admin: true}' },
    {
      description: 'Have an ordinary account.',
      task: 'synapse_user: {name: alice, password: "{{ secret \'alice_password\' }}", container: synapse}',
    },
  ],
  ask: ({ container, config, name }) => ask({ account: synapseAccount({ container, config, localpart: name.localpart }) }),
  plan(given, { account }) {
    const { container, admin } = given;
    const name = given.name.localpart;
    if (account.state === 'unknown')
      throw new TaskError(
        `the account ${name} cannot be looked up: ${account.reason}`,
        account.reason.startsWith('Docker on this host')
          ? dockerHint(account.reason)
          : `Have the container ${container} running before (docker_container with wait_healthy), or name the one that Synapse runs in.`,
      );
    mustBeHere(given.name, account.server);
    const writes: Change['writes'] = [`synapse-account:${container}`];
    if (account.state === 'absent')
      return [{ summary: `create ${admin ? 'administrator' : 'account'} ${name}`, commands: [register(given)], writes }];
    if (account.deactivated)
      throw new TaskError(
        `the account ${name} is deactivated`,
        'Reactivate it in the admin panel (a password must be set there), or choose another name: a deactivated name cannot be registered again.',
      );
    if (admin === undefined || admin === account.admin) return [];
    const summary = admin
      ? `make ${name} an administrator (restarts container ${container})`
      : `make ${name} an ordinary account (restarts container ${container})`;
    return [{ summary, commands: [setAdmin(given, admin)], writes: ['*'] }];
  },
  result: ({ name }, { account }) => ({ user: { name: name.localpart, admin: account.state === 'present' && account.admin } }),
});

/** The tool of the image signs the request with the shared secret of homeserver.yaml. It prints no token. */
function register({ name: { localpart: name }, password, admin, container, config, url }: Params): Command {
  const flag = admin ? '--admin' : '--no-admin';
  const command = sh`said=$(docker exec -i -- ${container} register_new_matrix_user ${`--user=${name}`} --config ${config} --password-file /dev/stdin ${flag} ${url} 2>&1) || {
  printf '%s\n' "$said" ${`The account ${name} could not be created in the container ${container}:`}" $(printf %s "$said" | tail -n 1)" >&2
  exit ${explainsItself}
}`;
  return withDocker(withStdin({ ...command, timeoutSeconds: 120 }, new Secret(revealed(password))));
}

const update = `${databaseConnection}
server, connection, mark = connect(sys.argv[1], False)
cursor = connection.cursor()
cursor.execute("UPDATE users SET admin = %s WHERE name = %s" % (mark, mark), (int(sys.argv[3]), "@%s:%s" % (sys.argv[2], server)))
if cursor.rowcount != 1:
    sys.exit("there is no such account")
connection.commit()
`;

// The way of Synapse's manual (admin API, "Making an Admin API request") while there is nobody yet who could use the API. The running server
// remembers who is an administrator, hence the restart.
function setAdmin({ name: { localpart: name }, container, config, wait_healthy }: Params, admin: boolean): Command {
  const { urls, timeoutSeconds } = healthFrom(wait_healthy);
  const command = sh`${raw(healthFunctions)}
printf %s ${update} | docker exec -i -- ${container} python - ${config} ${name} ${admin ? 1 : 0} >&2 || exit 1
docker restart -- ${container} >/dev/null || exit 1
wait_until_healthy ${container} ${timeoutSeconds} ${raw(urls.map(quote).join(' '))} || { last_lines ${container}; echo ${`The container ${container} does not work after its restart:`} "$why." >&2; exit ${explainsItself}; }`;
  return withDocker({ ...command, detached: true, timeoutSeconds: timeoutSeconds + 180 });
}
