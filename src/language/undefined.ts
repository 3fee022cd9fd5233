import { InputError, type Source } from '../values/errors.ts';
import type { Scope } from './expression.ts';
import { didYouMean } from './nearest.ts';

/** Ansible's facts as variables of their own, and where ours are. */
const factNames: Readonly<Record<string, string>> = {
  ansible_facts: 'facts',
  ansible_distribution: 'facts.distribution',
  ansible_distribution_release: 'facts.distribution_release',
  ansible_distribution_version: 'facts.distribution_version',
  ansible_architecture: 'facts.architecture',
  ansible_hostname: 'facts.hostname',
};

/** The error for a variable that nothing defines, with the nearest name that is. */
export function undefinedVariable(name: string, scope: Scope, source: Source): InputError {
  return InputError.of(`undefined variable "${name}"`, source, undefinedHint(name, scope));
}

function undefinedHint(name: string, scope: Scope): string {
  const fact =
    (Object.hasOwn(factNames, name) ? factNames[name] : undefined) ??
    (/^ansible_(date_time|default_ipv4|memtotal_mb|os_family|kernel|processor)/.test(name) ? 'facts' : undefined);
  if (fact !== undefined) return `What is known of a host is in the variable "facts": ${fact}.`;
  return didYouMean(name, scope.names()) ?? `Define it in group_vars, host_vars or the play's vars, or give it with -e ${name}=….`;
}
