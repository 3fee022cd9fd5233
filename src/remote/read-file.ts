import { readFile, stat } from 'node:fs/promises';
import { within } from './within.ts';

/**
 * Reads a file of this machine, one character a byte (latin1). A pipe or a device would never end, and a file system of the network may never answer.
 * @throws Error of the system, or one that says that it is not a file, or took longer than `seconds`
 */
export async function readFileWithin(file: string, seconds: number): Promise<string> {
  const late = new AbortController();
  const reading = async (): Promise<string> => {
    if (!(await stat(file)).isFile()) throw new Error('it is not a file');
    return await readFile(file, { encoding: 'latin1', signal: late.signal });
  };
  try {
    return await within(seconds, reading(), () => new Error(`no answer within ${seconds} s`));
  } finally {
    late.abort();
  }
}
