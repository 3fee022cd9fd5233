/** A function of sh, `fail SENTENCE`: ends the script with code 1 and the sentence. */
export const fail = `fail() { echo "$1" >&2; exit 1; }`;

/**
 * Lines of sh: `action` is done when the script ends, also by a signal; nothing of it is cut by one. A lost link is all at once: the script's input ends,
 * nobody takes what it says (SIGPIPE), and it is told to end, with what is just cleaning up. `clean_up() { :; }` takes it back.
 */
export const cleanUp = (action: string): string =>
  [
    `clean_up() { trap '' ${signals.map(([name]) => name).join(' ')}; ${action}; }`,
    'trap clean_up EXIT',
    ...signals.map(([name, code]) => `trap 'clean_up; exit ${code}' ${name}`),
  ].join('\n');

const signals = [
  ['HUP', 129],
  ['INT', 130],
  ['PIPE', 141],
  ['TERM', 143],
] as const;
