import { InputError } from '../values/errors.ts';
import type { Io } from './io.ts';
import type { LoginArguments } from './options.ts';

/** What the engine is told in place of what the inventory does not say. */
export interface Passwords {
  readonly askedPassword?: string;
  readonly askedBecomePassword?: string;
}

/** The passwords that -k and -K ask for. Asked before anything begins. @throws InputError when there is nobody to ask. */
export async function askPasswords({ askPass, askBecomePass }: LoginArguments, io: Io): Promise<Passwords> {
  if (!io.canAsk && (askPass || askBecomePass)) {
    throw InputError.of(
      `${askPass ? '-k' : '-K'} asks for a password, and there is no terminal to ask on`,
      undefined,
      `Put it into the secrets file (homerun secret set NAME) and write in the inventory: ${askPass ? 'ssh_password' : 'become_password'}: "{{ secret 'NAME' }}"`,
    );
  }
  return {
    ...(askPass && { askedPassword: await io.askSecret('Password to log in with:') }),
    ...(askBecomePass && { askedBecomePassword: await io.askSecret('Password to become root with:') }),
  };
}
