// Types of servers.mjs for the tests.
export function installed(): { readonly rabbitmq: boolean; readonly postgres: boolean };
export function install(options?: { say?(line: string): void }): Promise<void>;
