import type { InitializeHook, LoadHook } from 'node:module';
import type { Edit } from './look.ts';

// Hooks for loading modules: one file has another text.

let edit: Edit | undefined;

export const initialize: InitializeHook<Edit> = (data) => {
  edit = data;
};

export const load: LoadHook = async (url, context, next) => {
  const loaded = await next(url, context);
  if (url !== edit?.url || loaded.source === undefined || loaded.source === null) return loaded;
  const { from, to } = edit;
  return {
    ...loaded,
    source: Buffer.from(loaded.source as Uint8Array)
      .toString()
      .replace(from, () => to),
  };
};
