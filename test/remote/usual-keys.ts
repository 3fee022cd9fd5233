import { planLogin } from '../../src/remote/login.ts';
import { createUnlock } from '../../src/remote/passphrase.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';

// Plans to log in by the settings that are the first argument, with the second as the answer to whoever asks, and tells what came of it.
const [, , text = '', passphrase] = process.argv;
let asked = 0;
const answer = (): Promise<string> => {
  asked += 1;
  return Promise.resolve(passphrase ?? '');
};
const settings = { ...(JSON.parse(text) as ConnectionSettings), ...(passphrase !== undefined && { unlock: createUnlock(answer) }) };
const plan = await planLogin(settings).then(
  ({ attempts, skipped }) => `${attempts.map(({ attempt }) => attempt.kind).join(', ')}; ${skipped.join('; ')}`,
  (error: Error) => error.message,
);
process.stdout.write(`asked ${asked}: ${plan}`);
