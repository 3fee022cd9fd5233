// Which names lead where: a name in IDs that is another machine's, and a homeserver that moves to a name of its own.

import test from 'ava';
import { quote } from '../../src/values/command.ts';
import type { JsonRan } from '../e2e/homerun.ts';
import { issueCertificate } from '../lab/authority.ts';
import { https } from '../lab/https.ts';
import { discover, logIn, type Person, reads, until } from './person.ts';
import type { Scene } from './scene.ts';
import { describe, homeserver, onServer, run, type World } from './world.ts';

const told = 'Say what the site of the server name has to serve';

/** What a run told the owner of the site, if anything. */
function advice({ tasks }: JsonRan): string | undefined {
  return tasks.find(({ host, task, status }) => host === 'three' && task === told && status === 'ok')?.message;
}

export const layouts = { first, moved };

function first(scene: Scene): void {
  test.serial('where the name in IDs is the site of another machine, a run says what that has to serve, and says no more once it does', async (t) => {
    const { world } = scene;
    const said = advice(world.first) ?? '';
    await t.throwsAsync(discover(world, 'three.lab.test'));
    const [line = ''] = /location \/\.well-known\/matrix\/ .*/.exec(said) ?? [];
    t.not(line, '', said);
    await makeSite(world, 'three.lab.test', line);
    // nginx reloads while the old processes still answer.
    const found = await until('the site to lead on', () => discover(world, 'three.lab.test').catch(() => undefined));
    t.is(found, 'https://matrix.three.lab.test');
    t.is(advice(await run(await describe(world.lab))), undefined);
  });
}

/** A site that somebody else keeps on the host `two`, with one line in it. */
async function makeSite({ lab }: World, name: string, line: string): Promise<void> {
  const { certificate, key } = await issueCertificate(lab.authority, [name]);
  const put = (text: string, file: string) => `printf '%s' ${quote(text)} >${file}`;
  const site = `server {\n  listen 443 ssl;\n  server_name ${name};\n  ssl_certificate /etc/nginx/elsewhere.pem;\n  ssl_certificate_key /etc/nginx/elsewhere.key;\n  ${line}\n}\n`;
  const script = [put(certificate, '/etc/nginx/elsewhere.pem'), put(key, '/etc/nginx/elsewhere.key'), put(site, '/etc/nginx/conf.d/elsewhere.conf')];
  await onServer(lab, 'two', `${script.join(' && ')} && nginx -t && systemctl reload nginx`);
}

function moved(scene: Scene): void {
  const own = {
    matrix_homeserver_name: 'matrix.one.lab.test',
    matrix_client_name: 'chat.one.lab.test',
    matrix_homeserver_alias_names: ['one.lab.test'],
    matrix_federation_port: 8448,
  };
  let room = '';

  test.serial('a homeserver moves to a name and a port of its own by four variables and a run: IDs, sessions and rooms stay', async (t) => {
    const { alice, bob, world } = scene;
    room = (await bob.client.createRoom({ invite: [alice.id] })).room_id;
    await alice.client.joinRoom(room);

    const inventory = await describe(world.lab, { one: own });
    const ran = await run(inventory);
    t.deepEqual(ran.changed, [
      'one: Configure Synapse',
      'one: Answer on port 80, ACME challenges, else a redirect to https',
      'one: Tell clients and other servers where the homeserver is',
      'one: Serve everything over https',
      'one: Install the panel, for this server only',
      'one: Install the web client',
    ]);
    t.deepEqual((await run(inventory)).changed, []);

    // A session from before goes on, under the name that it was made with.
    await alice.client.sendTextMessage(room, 'I have moved');
    await reads(bob, room, 'I have moved');
    await bob.client.sendTextMessage(room, 'And I still find you');
    await reads(alice, room, 'And I still find you');
    // A new one is led to the new name.
    const again: Person = await logIn(world, alice.id);
    t.is(again.client.getHomeserverUrl(), 'https://matrix.one.lab.test');
    t.is(again.id, alice.id);
    await reads(again, room, 'And I still find you');
  });

  test.serial('on port 8448 other servers are answered, under the name in IDs too, and nobody else is', async (t) => {
    const { world } = scene;
    const { address } = homeserver(world.inventory, 'one').host;
    const ask = (name: string, path: string) => https({ url: `https://${name}:8448${path}`, address, ca: world.inventory.certificateAuthority });
    for (const name of ['matrix.one.lab.test', 'one.lab.test']) {
      const { status, body } = await ask(name, '/_matrix/key/v2/server');
      t.is(status, 200, name);
      t.like(JSON.parse(body), { server_name: 'one.lab.test' });
      t.is((await ask(name, '/_matrix/client/versions')).status, 404);
      t.is((await ask(name, '/_synapse/admin/v1/server_version')).status, 404);
    }
    const { body } = await https({ url: 'https://one.lab.test/.well-known/matrix/server', address, ca: world.inventory.certificateAuthority });
    t.deepEqual(JSON.parse(body), { 'm.server': 'matrix.one.lab.test:8448' });
  });

  test.serial('another server that has forgotten where this one was comes by port 8448, and by no other', async (t) => {
    const { alice, bob, world } = scene;
    await onServer(world.lab, 'two', 'docker restart synapse');
    const log = [`log_format ports '$server_port $remote_addr $request_method $uri';`, 'access_log /var/log/nginx/ports.log ports;'].join('\n');
    await onServer(world.lab, 'one', `printf '%s' ${quote(log)} >/etc/nginx/conf.d/ports.conf && nginx -t && systemctl reload nginx`);
    await until('the other server to be up', async () => (await world.fetch('https://matrix.two.lab.test/_matrix/client/versions')).ok);
    await bob.client.sendTextMessage(room, 'By the other door');
    await reads(alice, room, 'By the other door');
    const { labAddress } = homeserver(world.inventory, 'two').host;
    const requests = (await onServer(world.lab, 'one', 'cat /var/log/nginx/ports.log'))
      .split('\n')
      .filter((line) => line.includes(` ${labAddress} `));
    t.true(
      requests.some((line) => line.startsWith(`8448 ${labAddress} PUT /_matrix/federation/v1/send/`)),
      requests.join('\n'),
    );
    // Where it is, is asked on port 443.
    const elsewhere = requests.filter((line) => !line.startsWith('8448 '));
    t.deepEqual(new Set(elsewhere), new Set([`443 ${labAddress} GET /.well-known/matrix/server`]));
  });
}
