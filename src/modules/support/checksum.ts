import { line } from '../params.ts';

/** `sha256:` and 64 hexadecimal digits; gives the digits in small letters. */
export const checksum = () =>
  line()
    .refine((text) => /^sha256:[0-9a-fA-F]{64}$/.test(text), 'expected sha256: and 64 hexadecimal digits')
    .transform((text) => text.slice('sha256:'.length).toLowerCase());
