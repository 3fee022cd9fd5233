import { connect } from 'node:net';

/** A key that an ssh-agent holds. */
export interface AgentKey {
  /** The public key in wire form. */
  readonly key: Buffer;
  readonly type: string;
  /** A path or a name, as given to ssh-add; for people. */
  readonly comment: string;
}

const requestIdentities = 11;
const identitiesAnswer = 12;
const largestAnswer = 2 ** 20;

/**
 * Asks an agent for its keys (draft-miller-ssh-agent), all of them: ssh2 leaves out the types that it cannot use without a word.
 * @throws Error with one sentence
 */
export function listAgentKeys(socketPath: string, timeoutMs = 3000): Promise<readonly AgentKey[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let answer: Buffer = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const fail = (why: string): void => finish(() => reject(new Error(why)));
    const timer = setTimeout(() => fail('it does not answer'), timeoutMs);
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.on('close', () => fail('it closed the connection'));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 4) return;
      const length = answer.readUInt32BE(0);
      if (length > largestAnswer) return fail('its answer is too long');
      if (answer.length < 4 + length) return;
      const keys = readIdentities(answer.subarray(4, 4 + length));
      if (keys) finish(() => resolve(keys));
      else fail('its answer is not understood');
    });
    socket.write(Buffer.from([0, 0, 0, 1, requestIdentities]));
  });
}

function readIdentities(message: Buffer): AgentKey[] | undefined {
  if (message.length < 5 || message[0] !== identitiesAnswer) return undefined;
  const keys: AgentKey[] = [];
  let at = 5;
  const field = (): Buffer | undefined => {
    if (at + 4 > message.length) return undefined;
    const end = at + 4 + message.readUInt32BE(at);
    if (end > message.length) return undefined;
    const bytes = message.subarray(at + 4, end);
    at = end;
    return bytes;
  };
  for (let left = message.readUInt32BE(1); left > 0; left -= 1) {
    const key = field();
    const comment = field();
    if (!key || !comment || key.length < 4) return undefined;
    keys.push({ key, type: key.toString('latin1', 4, 4 + key.readUInt32BE(0)), comment: comment.toString('utf8') });
  }
  return keys;
}
