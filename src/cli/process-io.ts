import type { WriteStream } from 'node:tty';
import { Interrupted, type Io, type Printer } from './io.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The process itself. A reader that goes away (`| head`) does not end a run half-way: what it would have read is dropped. */
export function processIo(): Io {
  return {
    output: printer(process.stdout),
    errors: printer(process.stderr),
    canAsk: isTerminal(process.stdin) && isTerminal(process.stderr),
    askSecret,
    askLine,
    runEditor,
    readInput,
    environment: process.env,
    pid: process.pid,
    workingFolder: process.cwd(),
    onInterrupt: (handler) => {
      for (const signal of signals) process.on(signal, handler);
      return () => {
        for (const signal of signals) process.off(signal, handler);
      };
    },
    // A promise that nobody waits for counts as well.
    onCrash: (handler) => {
      process.prependListener('uncaughtException', handler);
      return () => process.off('uncaughtException', handler);
    },
    exit: (code) => process.exit(code),
    now: () => Date.now(),
  };
}

function printer(stream: WriteStream & { fd: 1 | 2 }): Printer {
  let isOpen = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isOpen = false;
  });
  return {
    write: (text) => {
      if (isOpen) stream.write(text);
    },
    isTerminal: isTerminal(stream),
    get columns() {
      return stream.columns ?? 80;
    },
    get rows() {
      return stream.rows ?? 24;
    },
  };
}

async function askSecret(question: string): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  try {
    // The answer goes where the questions go: standard output may be read by a program.
    const validate = (text: string) => text !== '' || 'It is empty.';
    return await password({ message: question, toggleMask: false, validate }, { output: process.stderr });
  } catch (error) {
    throw error instanceof Error && error.name === 'ExitPromptError' ? new Interrupted() : error;
  }
}

async function askLine(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  lines.on('SIGINT', () => gone.abort());
  lines.on('close', () => gone.abort());
  try {
    return await lines.question(question, { signal: gone.signal });
  } catch {
    throw new Interrupted();
  } finally {
    lines.close();
  }
}

async function runEditor(file: string): Promise<number> {
  const { spawn } = await import('node:child_process');
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi';
  // An editor may be given with options (`code --wait`), so a shell reads it; the file is no part of the text that it reads.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array)); // no encoding is set: chunks are bytes.
  return Buffer.concat(chunks).toString('utf8');
}

/** `isTTY` is undefined where there is no terminal, whatever the types say. */
function isTerminal(stream: { readonly isTTY?: boolean | undefined }): boolean {
  return stream.isTTY === true;
}
