import { revealed, type Text } from '../values/secret.ts';
import { isStream, type Stream } from '../values/stream.ts';
import { detach } from './detached.ts';
import type { Step } from './session.ts';
import { byteString, quoteAlways, quoteBytes } from './words.ts';

/** What stands in an end marker in place of an exit code when a step was left out. */
export const leftOut = 'skip';

/** What stands there when a step that gets a stream is ready for it. */
export const sendNow = 'send';

/**
 * The text of one trip for the session's shell, to be sent as latin1 (one character a byte). Both output streams then carry, in this
 * order: anything (ignored), the begin marker `NONCE begin PID`, and for each step what it prints followed by its end marker
 * `NONCE INDEX RC`; a marker ends with a line feed.
 *
 * All of it is one compound command, which a shell reads to its end before it runs anything: a link that breaks while it is being sent
 * leaves nothing half-sent to run. Scripts stand in single quotes for `eval` in a subshell, so that a syntax error ends that subshell only
 * and nothing stands in an argument list. The shell's own messages go nowhere (see `shellPrelude`; 3 is the real stderr): bash would print
 * the text of a killed subshell there, secrets included.
 * @throws TypeError when a script or a variable holds a NUL character
 */
export function frameTrip(nonce: string, steps: readonly Step[]): string {
  const parts = steps.map((step, index) => frameStep(nonce, step, index));
  const text = `{\n${patient}\nhomerun_bad=0\n${mark(`${nonce} begin %s`, '"$$"')}\n${parts.join('')}trap - TERM\n}\n`;
  return `homerun_go ${text.length}\n${text}`;
}

// Told to end while it is at a step, the shell ends after that: what it holds (see `lockStep`) is not given away while something of the step may live.
const patient = "trap 'exit 143' TERM";

function frameStep(nonce: string, step: Step, index: number): string {
  const ended = mark(`${nonce} ${index} %s`, '"$homerun_rc"');
  const good = (step.okCodes ?? [0]).join('|');
  const judged = good === '' ? 'homerun_bad=1' : `case $homerun_rc in ${good}) ;; *) homerun_bad=1;; esac`;
  const body = `${isStream(step.stdin) ? frameStream(nonce, step, step.stdin, index) : redirect(step)}\nhomerun_rc=$?\n${ended}\n${judged}\n`;
  if (step.always) return body;
  return `if [ $homerun_bad = 0 ]; then\n${body}else\n${mark(`${nonce} ${index} ${leftOut}`)}\nfi\n`;
}

// Prints the same line on both streams. `printf` is a builtin (checked by the prelude), so the nonce is in no argument list.
function mark(format: string, argument = ''): string {
  const print = `printf '${format}\\n' ${argument}`.trimEnd();
  return `${print}; ${print} >&3`;
}

/**
 * A step whose input is sent when its marker is seen: head(1) takes so many bytes from the session's input, and what the script leaves of them
 * is read away. Bytes that stay behind would be taken for commands. So the shell ends unless head(1) says that it has ended well: it is killed with the
 * step, or the link is gone.
 */
function frameStream(nonce: string, step: Step, { length }: Stream, index: number): string {
  const script = `( ${exports(step.environment)}eval ${quoteAlways(byteString(step.script))} ) >&5 2>&3 3>&- 4>&- 5>&- 9>&-`;
  const right = `{ ${script}; homerun_rc=$?; cat >/dev/null; exit $homerun_rc; }`;
  const both = `{ head -c ${length} 3>&- 4>&- 5>&- 9>&-; echo $? >&4; } | ${right}`;
  return `printf '${nonce} ${index} ${sendNow}\\n'
{ homerun_head=$( { ${both}; } 4>&1 ); } 5>&1
homerun_rc=$?; [ "$homerun_head" = 0 ] || exit 1
( exit $homerun_rc )`;
}

// 9 is the session's lock (see `lockStep`), which what a step leaves behind must not keep.
function redirect(step: Step): string {
  if (step.inShell) return `{ ${byteString(step.script)}\n} </dev/null`;
  const frame = `${frameScript(step)} 2>&3 3>&- 9>&-`;
  return step.detached ? `( ${detach(frame)} ) </dev/null 2>&3 3>&- 9>&-` : frame;
}

function frameScript(step: Step): string {
  const script = `( ${exports(step.environment)}eval ${quoteAlways(byteString(step.script))} )`;
  return step.stdin === undefined ? `${script} </dev/null` : `printf %b ${quoteBytes(bytesOf(step.stdin))} 2>/dev/null | ${script}`;
}

function exports(environment: Step['environment'] = {}): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quoteAlways(byteString(revealed(value)))}; `)
    .join('');
}

function bytesOf(stdin: Text | Uint8Array | Stream): string {
  if (isStream(stdin)) throw new TypeError('a stream is not put into a script');
  if (stdin instanceof Uint8Array) return Buffer.from(stdin.buffer, stdin.byteOffset, stdin.byteLength).toString('latin1');
  return byteString(revealed(stdin));
}
