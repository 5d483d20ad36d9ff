// Types of processes.mjs for the tests.
export interface Process {
  readonly name: string;
  readonly database: boolean;
  readonly published: 'announce' | 'http' | null;
  readonly folders: readonly string[];
  readonly secrets: readonly string[];
}

export const processes: readonly Process[];
export const everywhere: readonly string[];
export const withDatabase: readonly string[];
export function entryOf(name: string): string;
export const tools: { readonly integrator: string; readonly ca: string; readonly trust: string };
export const steps: { readonly topology: string; readonly migrate: string };
