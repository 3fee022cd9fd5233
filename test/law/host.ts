import { SimulatedHost } from '../engine/simulated-host.ts';

/** What the code of others does besides when it writes `when`: an effect that no module knows of. */
export interface Effect {
  readonly when: string;
  readonly name: string;
  readonly value: string;
}

const mostLinks = 8;

/**
 * A host of things with names: `file:/a/x`, `package:p`, `unit:u`, `user:a`, `image:i`, `container:c`. A file's value is its content, `folder`, or
 * `->/path` for a link, which paths are followed through. Its words, one a line: `look NAME…` prints `NAME=VALUE REALNAME` lines,
 * `wait NAME…` the same, but every second time the thing is not there; `list FOLDER…` a line for each folder with all that is below it; `set NAME VALUE` is done by a module, `run NAME VALUE` by the code of others,
 * with its effects; `drop NAME` removes a thing and all below it. A thing whose value is `broken` spoils the whole process that looks at it;
 * below `/b` nobody but root sees anything.
 */
export class LawHost extends SimulatedHost {
  readonly #effects: readonly Effect[];
  /** How often each thing has been waited for. */
  readonly #waits = new Map<string, number>();

  constructor(state: Readonly<Record<string, string>>, effects: readonly Effect[]) {
    super(state);
    this.#effects = effects;
    this.refuses = (user) => this.state.get(`user:${user}`) !== 'present';
  }

  protected override word(word: string, args: readonly string[], user: string): string | undefined {
    const [name = '', value = ''] = args;
    switch (word) {
      case 'look':
      case 'wait': {
        const lines = args.map((one) => {
          const real = this.real(one, true);
          const isGone = word === 'wait' && this.#isSecondWait(one);
          // Only root may look into that folder.
          const see = (name: string) => (!isGone && (user === 'root' || !name.startsWith('file:/b/')) ? (this.state.get(name) ?? '') : '');
          return { value: see(real), line: `${one}=${see(this.real(one, false))} ${see(real)} ${this.#names(one)}\n` };
        });
        return lines.some((one) => one.value === 'broken') ? undefined : lines.map(({ line }) => line).join('');
      }
      case 'list':
        return args
          .map((folder) => {
            const real = this.real(folder, true);
            const found = [...this.state].filter(([one]) => one.startsWith(`${real}/`)).map(([one, is]) => `${one}:${is}`);
            return `${folder}=${found.sort().join(',')} ${this.#names(folder)}\n`;
          })
          .join('');
      case 'set':
        this.put(this.real(name, false), value);
        return '';
      case 'run':
        this.put(this.real(name, true), value);
        for (const effect of this.#effects) if (effect.when === name) this.put(effect.name, effect.value);
        return '';
      case 'drop': {
        const real = this.real(name, false);
        // Deleting from a map while going through it is allowed.
        for (const one of this.state.keys()) if (one === real || one.startsWith(`${real}/`)) this.state.delete(one);
        this.log.push(`drop ${real}`);
        return '';
      }
      default:
        return super.word(word, args, user);
    }
  }

  #isSecondWait(name: string): boolean {
    const count = (this.#waits.get(name) ?? 0) + 1;
    this.#waits.set(name, count);
    return count % 2 === 0;
  }

  /** The name behind links: of the folders above, and with `last` of the thing itself. A loop of links ends where it is. */
  protected real(name: string, last: boolean): string {
    return this.#way(name, last).real;
  }

  /** What an answer about a thing depends on: its real name, and every link on the way to it. */
  #names(name: string): string {
    const { real, passed } = this.#way(name, true);
    return [real, ...passed].join(',');
  }

  #way(name: string, last: boolean): { readonly real: string; readonly passed: ReadonlySet<string> } {
    const passed = new Set<string>();
    if (!name.startsWith('file:')) return { real: name, passed };
    let path = name.slice('file:'.length);
    for (let count = 0; count < mostLinks; count++) {
      const parts = path.split('/').slice(1);
      const at = parts.findIndex((_, index) => (last || index < parts.length - 1) && this.#isLink(parts.slice(0, index + 1)));
      if (at < 0) break;
      const link = `file:/${parts.slice(0, at + 1).join('/')}`;
      passed.add(link);
      const target = this.state.get(link)?.slice(2) ?? '';
      path = [target, ...parts.slice(at + 1)].join('/');
    }
    return { real: `file:${path}`, passed };
  }

  #isLink(parts: readonly string[]): boolean {
    return this.state.get(`file:/${parts.join('/')}`)?.startsWith('->') ?? false;
  }
}
