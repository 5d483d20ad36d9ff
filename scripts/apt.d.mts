// Types of apt.mjs for the benches.
export interface Package {
  readonly name: string;
  readonly files: readonly string[];
}
export const compared: readonly Package[];
export const wired: readonly Package[];
export function missing(list: readonly Package[]): readonly string[];
export function install(packages: readonly string[]): Promise<void>;
