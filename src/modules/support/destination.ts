import { line } from '../params.ts';

/** An absolute path on the host where a file goes; a trailing slash is kept: it says that it is a folder. */
export const destination = () =>
  line()
    .refine((value) => value.startsWith('/'), 'expected an absolute path, starting with /')
    .refine((value) => !value.split('/').includes('..'), 'expected a path without ..');

/** A command that must accept the new file before it is put in place. */
export const validation = () =>
  line()
    .refine((command) => command.includes('%s'), 'expected a command with %s where the new file goes, such as visudo -cf %s')
    .optional()
    .describe(
      'A command that must succeed before the file is put in place; `%s` stands for the new file, which only the user of the task can read yet. No shell reads it.',
    );
