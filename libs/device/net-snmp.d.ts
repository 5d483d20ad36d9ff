// As much of net-snmp as is used here; what DefinitelyTyped has of it is mostly `any`.
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events';

  export interface Varbind {
    readonly oid: string;
    readonly type: number;
    readonly value: unknown;
  }

  type Told<T> = (error: Error | null, told: readonly T[]) => void;

  export interface Session {
    get(oids: readonly string[], told: Told<Varbind>): void;
    /** For each repeated OID, the rows that follow it. */
    getBulk(
      oids: readonly string[],
      nonRepeaters: number,
      maxRepetitions: number,
      told: Told<readonly Varbind[]>,
    ): void;
    on(event: 'error', listener: (error: Error) => void): void;
    /** Once only. */
    close(): void;
  }

  /** Emits `message` and `close`. */
  export interface SessionSocket extends EventEmitter {
    send(
      bytes: Buffer,
      offset: number,
      length: number,
      port: number,
      address: string,
      sent: (error: Error | null, bytes: number) => void,
    ): void;
    ref(): unknown;
    unref(): unknown;
  }

  export interface SessionOptions {
    readonly version: number;
    readonly port: number;
    readonly timeout: number;
    readonly retries: number;
    readonly reportOidMismatchErrors: boolean;
    /** Where its socket comes from. */
    readonly dgramModule: { createSocket(): SessionSocket };
  }

  const snmp: {
    readonly Version2c: number;
    createSession(address: string, community: string, options: SessionOptions): Session;
    isVarbindError(varbind: Varbind): boolean;
  };
  export default snmp;
}
