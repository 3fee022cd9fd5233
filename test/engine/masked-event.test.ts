import test from 'ava';
import { Masker } from '../../src/engine/mask.ts';
import { maskedEvent } from '../../src/engine/masked-event.ts';
import { Secret } from '../../src/values/secret.ts';

test('a secret that happens to be one of our own words, or a part of the name of a host, hides neither', (t) => {
  const masker = new Masker();
  for (const word of ['changed', 'synapse', 'site']) masker.learn(new Secret(word));
  const event = maskedEvent(
    {
      event: 'task',
      host: 'synapse.example.org',
      play: 'play',
      task: 'what changed',
      module: 'synapse_config',
      source: { file: 'site.yaml', line: 1, column: 1 },
      check: false,
      status: 'changed',
      changes: [{ summary: 'write synapse' }],
      durationMs: 1,
      items: [{ item: 'synapse', status: 'changed', message: 'changed', changes: [], durationMs: 1 }],
    },
    masker,
  );
  t.like(event, { event: 'task', host: 'synapse.example.org', module: 'synapse_config', status: 'changed', source: { file: 'site.yaml' } });
  t.like(event, { task: 'what ***', changes: [{ summary: 'write ***' }], items: [{ item: '***', status: 'changed', message: '***' }] });
});

test('an error that cannot be assigned to, and one that is its own cause, are masked like others', (t) => {
  const masker = new Masker();
  masker.learn(new Secret('correct horse'));
  const odd = masker.error(new DOMException('no correct horse here', 'AbortError')) as Error;
  t.is(odd.message, 'no *** here');
  const circle = new Error('correct horse');
  circle.cause = circle;
  t.is((masker.error(circle) as Error).message, '***');
});
