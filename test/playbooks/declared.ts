// The variables that playbooks/variables declares.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { projectRoot } from '../lab/places.ts';

const option = z.object({
  type: z.string(),
  description: z.string().regex(/^[A-Z].*\.$/s),
  guide: z.string().optional(),
  default: z.unknown().optional(),
  required: z.boolean().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
const declared = z.object({ prefix: z.literal('matrix_').optional(), options: z.record(z.string(), option) });

/** All of them by name. */
export const options: Readonly<Record<string, z.infer<typeof option>>> = Object.assign(
  {},
  ...readdirSync(join(projectRoot, 'playbooks/variables')).map((name) => declared.parse(parse(read(join('playbooks/variables', name)))).options),
);

/** The text of a file of the project. */
export function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}
