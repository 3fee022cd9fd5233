import type { ModuleCatalog } from '../language/load.ts';
import { nearest } from '../language/nearest.ts';
import { checkParams } from '../modules/check-params.ts';
import type { Module } from '../modules/module.ts';
import { conditionParams, localParams, variableParams } from '../modules/params.ts';

/** What the language asks about modules, answered from the modules themselves. */
export function catalogOf(modules: ReadonlyMap<string, Module>): ModuleCatalog {
  return {
    names: [...modules.keys()],
    freeForm: (name) => modules.get(name)?.freeForm,
    conditions: (name) => {
      const module = modules.get(name);
      return module ? conditionParams(module.params) : [];
    },
    variables: (name) => {
      const module = modules.get(name);
      return module ? variableParams(module.params) : [];
    },
    localParams: (name, given) => {
      const module = modules.get(name);
      return module ? localParams(module.params, given) : new Map();
    },
    check: (name, params, unknown) => {
      const module = modules.get(name);
      if (!module) return [];
      const checked = checkParams(name, module, params, nearest, unknown);
      return 'problems' in checked ? checked.problems : [];
    },
    foresee: (name, params) => {
      const module = modules.get(name);
      const checked = module?.foresee && checkParams(name, module, params, nearest);
      return checked && 'params' in checked ? module.foresee?.(checked.params as never) : undefined;
    },
  };
}
