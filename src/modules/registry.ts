import type { Module } from './module.ts';

/** Another name for a module, as Ansible has it. */
const otherNames: Readonly<Record<string, string>> = { service: 'systemd', systemd_service: 'systemd' };

/** The name of the module that `name`, which may be another name of it, stands for. */
export function ownName(name: string): string {
  return otherNames[name] ?? name;
}

/** Loads all modules by name, sorted. */
export async function loadModules(): Promise<ReadonlyMap<string, Module>> {
  const own = new Map<string, Module>(Object.entries(await import('./all.ts')));
  const names = [...own.keys(), ...Object.keys(otherNames)].sort();
  return new Map(
    names.flatMap((name) => {
      const module = own.get(ownName(name));
      return module ? [[name, module] as const] : [];
    }),
  );
}
