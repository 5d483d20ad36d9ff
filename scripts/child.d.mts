// Types of child.mjs for the tests.
export interface Guard {
  watch(pid: number): void;
  end(): void;
}
export function startGuard(): Guard;
