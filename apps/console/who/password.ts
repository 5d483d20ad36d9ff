// Passwords of operators: Argon2id, with the library's parameters (19 MiB, 2 passes).
import { hash, verify } from '@node-rs/argon2';
import * as z from 'zod';

export const newPassword = z
  .string()
  .min(12, 'must have at least 12 characters')
  .max(256)
  .refine((text) => text.isWellFormed(), 'must be text');

export const hashPassword = (password: string): Promise<string> => hash(password);

/** Of no operator: so that an unknown name takes as long as a wrong password. */
let nobody: Promise<string> | undefined;

export async function passwordFits(stored: string | null, password: string): Promise<boolean> {
  const against = stored ?? (await (nobody ??= hash('nobody has this password')));
  return (await verify(against, password)) && stored !== null;
}
