import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';

const position = z.object({ line: z.number(), character: z.number() });
const diagnostics = z.object({
  uri: z.string(),
  diagnostics: z.array(z.object({ message: z.string(), range: z.object({ start: position, end: position }) })),
});
const message = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
});
const asked = z.object({ items: z.array(z.unknown()) });

export type Position = z.output<typeof position>;

/** What the server marks in a file: the text at the place, and the message. */
export interface Mark {
  readonly text: string;
  readonly message: string;
}

/** The settings of a user who has installed the editor's extension and nothing else, but for its look at a web site. */
const settings = { validate: true, hover: true, completion: true, schemaStore: { enable: false } };

/** The real yaml-language-server, as an editor speaks with it over its standard streams. */
export class LanguageServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #marks = new Map<string, (found: z.output<typeof diagnostics>) => void>();
  #rest = Buffer.alloc(0);
  #last = 0;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  static async start(): Promise<LanguageServer> {
    const program = createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server');
    const server = new LanguageServer(spawn(process.execPath, [program, '--stdio']));
    const capabilities = { workspace: { configuration: true }, textDocument: { publishDiagnostics: {}, hover: { contentFormat: ['markdown'] } } };
    await server.#ask('initialize', { processId: process.pid, rootUri: null, capabilities });
    server.#tell('initialized', {});
    server.#tell('workspace/didChangeConfiguration', { settings: { yaml: settings } });
    return server;
  }

  /** Opens a file with `text`, which the disk need not have, and gives what is marked in it. */
  async open(path: string, text: string): Promise<readonly Mark[]> {
    const uri = pathToFileURL(path).href;
    const found = new Promise<z.output<typeof diagnostics>>((resolve) => this.#marks.set(uri, resolve));
    this.#tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    const lines = text.split('\n');
    return (await found).diagnostics.map(({ message, range: { start, end } }) => ({
      message,
      text: (lines[start.line] ?? '').slice(start.character, start.line === end.line ? end.character : undefined),
    }));
  }

  /** What is shown when the pointer rests on a place of an open file. */
  async hover(path: string, at: Position): Promise<string> {
    const answer = z.object({ contents: z.object({ value: z.string() }) }).nullable();
    return answer.parse(await this.#ask('textDocument/hover', placed(path, at)))?.contents.value ?? '';
  }

  /** The words that are offered at a place of an open file. */
  async complete(path: string, at: Position): Promise<readonly string[]> {
    const answer = z.object({ items: z.array(z.object({ label: z.string() })) });
    return answer.parse(await this.#ask('textDocument/completion', placed(path, at))).items.map(({ label }) => label);
  }

  close(): void {
    this.#child.kill();
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise<unknown>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    return answer;
  }

  #tell(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  #send(content: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...content });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(this.#rest.subarray(0, Math.max(0, end)).toString())?.[1] ?? Number.NaN);
      if (end < 0 || !(this.#rest.length >= end + 4 + length)) return;
      const text = this.#rest.subarray(end + 4, end + 4 + length).toString();
      this.#rest = this.#rest.subarray(end + 4 + length);
      this.#receive(message.parse(JSON.parse(text)));
    }
  }

  #receive({ id, method, params, result }: z.output<typeof message>): void {
    if (method === 'textDocument/publishDiagnostics') {
      const found = diagnostics.parse(params);
      this.#marks.get(found.uri)?.(found);
    } else if (method === 'workspace/configuration') {
      this.#send({ id, result: asked.parse(params).items.map(() => settings) });
    } else if (method !== undefined && id !== undefined) {
      this.#send({ id, result: null });
    } else if (typeof id === 'number') {
      this.#answers.get(id)?.(result);
    }
  }
}

function placed(path: string, at: Position) {
  return { textDocument: { uri: pathToFileURL(path).href }, position: at };
}
