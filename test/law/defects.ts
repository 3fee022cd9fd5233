/** A mistake that somebody could make: in which file, and what stands there instead. */
export interface Defect {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const defects: readonly Defect[] = [
  { what: 'a write makes nothing stale', file: 'engine/answers', from: 'this.#known.delete(id);', to: 'void id;' },
  { what: 'links are not followed when answers become stale', file: 'engine/answers', from: ', ...this.#aliasesOf(writes)]', to: ']' },
  {
    what: 'answers of one user are taken for those of another',
    file: 'engine/answers',
    from: '`${identity} ${question.id}`',
    to: 'question.id + identity.slice(0, 0)',
  },
  {
    what: 'what a command did besides is not asked again',
    file: 'values/resource',
    from: "if (written === '*' || ",
    to: "if (written === '*') return false; if (",
  },
  { what: 'a removed folder leaves answers about what was in it', file: 'values/resource', from: ' || isWithin(readName, writtenName)', to: '' },
  { what: 'a new file leaves answers about its folder', file: 'values/resource', from: 'isWithin(writtenName, readName) || ', to: '' },
  {
    what: 'what is only true when its turn has come is remembered',
    file: 'engine/converge',
    from: 'question.kind.atTurn ? undefined : target',
    to: 'target',
  },
  {
    what: 'a user that was not there never is',
    file: 'engine/target',
    from: '(this.#refused.get(shell) ?? this.#changes) === this.#changes',
    to: 'true',
  },
  { what: 'one answer that makes no sense spoils the others', file: 'engine/batch', from: 'isShared: group.length > 1', to: 'isShared: false' },
  {
    what: 'what looking ahead guesses is taken for a result',
    file: 'engine/lookahead',
    from: 'const registered = new Map(host.registered)',
    to: 'const registered = host.registered',
  },
  { what: 'a handler runs twice', file: 'engine/walk', from: 'host.pending.delete(handler);', to: '' },
  { what: 'handlers owed by an earlier run are forgotten', file: 'engine/journal', from: 'read(fileOf(host))[play] ?? []', to: '[]' },
  { what: 'a change does not notify', file: 'engine/whole-task', from: "outcome.status === 'changed' ||", to: '' },
  {
    what: 'always is left out on a host that failed',
    file: 'engine/walk',
    from: 'const before = host.out;\n    host.out = undefined;',
    to: 'const before = host.out;',
  },
  { what: 'changed_when is not heard', file: 'engine/task', from: 'judge(task.changedWhen', to: 'judge(undefined' },
  { what: 'one condition of a list is enough', file: 'engine/task', from: 'task.when.some((condition)', to: 'task.when.every((condition)' },
  { what: 'check mode makes changes', file: 'engine/converge', from: 'if (check) {', to: 'if (check === undefined) {' },
  { what: 'a change is not verified', file: 'engine/converge', from: 'mayDiffer = planned.some((one) => one.staged)', to: 'mayDiffer = true' },
  {
    what: 'an item of a loop does not see what the one before has set',
    file: 'engine/whole-task',
    from: 'keep(host.registered, task.register, result.registered);',
    to: '',
  },
  { what: 'every host does what is to be done once', file: 'engine/once', from: '!isOnce(walk, task, scope)', to: 'true' },
  { what: 'what is done once does not wait for the first host', file: 'engine/walk', from: 'await awaitFirst(walk, task);', to: '' },
  {
    what: 'a task for another host is done on its own',
    file: 'engine/whole-task',
    from: 'task.delegateTo?.evaluate(scopeIn(walk, task, vars)) ?? walk.host.host.name',
    to: 'walk.host.host.name',
  },
  {
    what: 'a round of a loop takes what another has done once',
    file: 'engine/once',
    from: 'const key = keyOf(walk, task);\n    const earlier',
    to: 'const key = task.id;\n    const earlier',
  },
  { what: 'whoever takes over a result counts it', file: 'engine/whole-task', from: 'role, isMine)', to: 'role, true)' },
];
