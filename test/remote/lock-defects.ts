import type { Defect, TestChoice } from '../defects.ts';

const rounds: TestChoice = { file: 'remote/lock', match: 'never both' };
const writing: TestChoice = { file: 'modules/write-file', match: 'killed at any moment' };

/** Mistakes in what keeps work from being half done: locks, records of what is under way, files. */
export const lockDefects: readonly Defect[] = [
  {
    what: 'nobody asks whether the lock is free',
    file: 'remote/lock',
    from: 'flock -n 9 || { exec 9>&-; return 1; };',
    to: '',
    test: rounds,
  },
  {
    what: 'a lock file that was removed counts as locked',
    file: 'remote/lock',
    from: '[ $# = 2 ] && [ "$1" = "$2" ] && return 0;',
    to: 'return 0;',
    test: { file: 'soak/lock' },
  },
  {
    what: 'a shell that is told to end does not wait for its step',
    file: 'remote/frame',
    from: "trap 'exit 143' TERM",
    to: ':',
    test: { file: 'remote/lock', match: 'nobody gets it while' },
  },
  {
    what: 'what a step leaves behind keeps the lock',
    file: 'remote/frame',
    from: '2>&3 3>&- 9>&-`;\n    return step.detached',
    to: '2>&3 3>&-`;\n    return step.detached',
    test: { file: 'remote/lock', match: 'in the background' },
  },
  {
    what: 'a process that has got the number of a holder is taken for it',
    file: 'remote/lock',
    from: '[ "$homerun_s" = "$homerun_q" ]',
    to: '[ -n "$homerun_q" ]',
    test: { file: 'remote/lock', match: 'has got the number' },
  },
  {
    what: 'who breaks a lock ends what is detached too',
    file: 'remote/lock',
    from: 'homerun_session=$homerun_t;',
    to: 'homerun_session=;',
    test: { file: 'remote/lock', match: 'who breaks it' },
  },
  {
    what: 'whatever lock is found is broken',
    file: 'engine/target',
    from: 'breaks !== undefined || !isGone(lock.run)',
    to: 'breaks !== undefined',
    test: { file: 'engine/lock' },
  },
  {
    what: 'a host that has refused the first change gets the second',
    file: 'engine/target',
    from: 'if (this.#refusal)\n            throw this.#refusal;',
    to: '',
    test: { file: 'engine/lock' },
  },
  {
    what: 'a run of another set of processes is taken for gone',
    file: 'engine/run-record',
    from: ' || space !== here.space',
    to: '',
    test: { file: 'engine/run-record' },
  },
  {
    what: 'what is unknown is not said',
    file: 'engine/converge',
    from: 'error instanceof UnreachableError && isSent',
    to: 'error instanceof UnreachableError && !isSent',
    test: { file: 'engine/lock' },
  },
  {
    what: 'handlers are written down after the change',
    file: 'engine/whole-task',
    from: 'if (notified.length > 0 && !isOwed)',
    to: 'if (notified.length > 1000 && !isOwed)',
    test: { file: 'engine/engine', match: 'journaled before' },
  },
  {
    what: 'a file is written where it is',
    file: 'modules/support/write-file',
    from: 'mv -f -- "$t" "$p" ||',
    to: 'cat -- "$t" >"$p" ||',
    test: writing,
  },
  {
    what: 'what killed scripts have left stays on the host',
    file: 'modules/support/temporary',
    from: 'flock -n "$left" rm -rf -- "$left" 2>/dev/null',
    to: ':',
    test: { file: 'modules/write-file', match: 'removes files and folders' },
  },
  {
    what: 'what is at work is taken for left over',
    file: 'modules/support/temporary',
    from: 'flock -n 8;',
    to: ':;',
    test: { file: 'modules/write-file', match: 'two that write in one folder' },
  },
  {
    what: 'whatever is called as a file of ours is removed',
    file: 'modules/support/temporary',
    from: 'in *[!A-Za-z0-9]*) continue ;; esac',
    to: 'in "") continue ;; esac',
    test: { file: 'modules/write-file', match: 'removes files and folders' },
  },
  {
    what: 'the folder of a new file is not brought to the disk',
    file: 'values/durable',
    from: 'syncFolder(dirname(target));',
    to: '',
    test: { file: 'values/durable' },
  },
];
