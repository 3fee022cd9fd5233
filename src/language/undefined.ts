import { InputError, type Source } from '../values/errors.ts';
import type { Scope } from './expression.ts';
import { helpers } from './helpers.ts';
import { didYouMean } from './nearest.ts';
import { specialForms } from './special-forms.ts';
import { templateOfOthers } from './template-advice.ts';

/** The error for a variable that nothing defines, with the nearest name that is. */
export function undefinedVariable(name: string, scope: Scope, source: Source): InputError {
  return InputError.of(`undefined variable "${name}"`, source, undefinedHint(name, scope));
}

function undefinedHint(name: string, scope: Scope): string {
  const fact = /^ansible_(\w+)$/.exec(name)?.[1];
  if (fact !== undefined) return `What is known of a host are entries of "facts", as "homerun facts" shows them: facts.${fact}.`;
  const usage = (helpers.get(name) ?? specialForms.get(name))?.usage;
  if (usage !== undefined) return `This is a helper: write {{ ${usage} }}.`;
  if (name === 'item') return 'It is there in a task with loop.';
  if (name === 'user') return templateOfOthers;
  if (!/^\w+$/.test(name)) return 'The name of a variable has letters, digits and _ alone.';
  return didYouMean(name, scope.names()) ?? `Define it in group_vars, host_vars or the play's vars, or give it with -e ${name}=….`;
}
