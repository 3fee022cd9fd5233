import type { Command } from 'commander';

/** What can be typed after some words: one shape for each command and subcommand. */
export interface Shape {
  /** The words before, without `homerun`: [] for the program itself, ['secret', 'get']. */
  readonly words: readonly string[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly Option[];
}

interface Option {
  readonly short?: string;
  readonly long: string;
  readonly summary: string;
  readonly takesValue: boolean;
  /** The values that are possible; absent when any is. */
  readonly choices?: readonly string[];
  readonly isRepeatable: boolean;
}

/** The shapes of a program with all its commands, itself first. */
export function shapesOf(command: Command, words: readonly string[] = []): readonly Shape[] {
  const own: Shape = {
    words,
    commands: command.commands.map((inner) => ({ name: inner.name(), summary: inner.summary() || inner.description() })),
    options: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({
        ...(option.short !== undefined && { short: option.short }),
        long: option.long ?? option.flags,
        summary: option.description,
        takesValue: option.required || option.optional,
        ...(option.argChoices && { choices: option.argChoices }),
        isRepeatable: option.parseArg !== undefined && !option.argChoices,
      })),
  };
  return [own, ...command.commands.flatMap((inner) => shapesOf(inner, [...words, inner.name()]))];
}

/** A text in single quotes for any of the shells. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
