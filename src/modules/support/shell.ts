/** A function of sh, `fail SENTENCE`: ends the script with code 1 and the sentence. */
export const fail = `fail() { echo "$1" >&2; exit 1; }`;

/** Lines of sh that let a signal end the script in the usual way: what it has set for EXIT is then still done. */
export const exitOnSignals = `trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM`;
