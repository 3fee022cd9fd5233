import { readdirSync } from 'node:fs';
import type { Module } from './module.ts';

/** Files of this folder that are not modules. */
const notModules = new Set(['check-params', 'module', 'params', 'registry']);
/** Another name for a module, as Ansible has it. */
const otherNames: Readonly<Record<string, string>> = { service: 'systemd', systemd_service: 'systemd' };

/** The names of all modules: a file of this folder, a module. Sorted. */
export function moduleNames(): readonly string[] {
  const files = readdirSync(import.meta.dirname)
    .filter((file) => /^[a-z0-9_]+\.js$/.test(file))
    .map((file) => file.slice(0, -'.js'.length))
    .filter((name) => !notModules.has(name));
  const others = Object.keys(otherNames).filter((name) => files.includes(otherNames[name] ?? ''));
  return [...files, ...others].sort();
}

/** The name of the module that `name`, which may be another name of it, stands for. */
export function ownName(name: string): string {
  return otherNames[name] ?? name;
}

/** Loads all modules by name. */
export async function loadModules(): Promise<ReadonlyMap<string, Module>> {
  const loaded = await Promise.all(moduleNames().map(async (name) => [name, await loadModule(ownName(name))] as const));
  return new Map(loaded);
}

async function loadModule(name: string): Promise<Module> {
  const file: { readonly default: Module } = await import(new URL(`${name}.js`, import.meta.url).href);
  return file.default;
}
