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
    readonly version: number;
    /** Of SNMPv3: who answers. Without it, the first request asks for it. */
    msgSecurityParameters?: {
      msgAuthoritativeEngineID: Buffer;
      msgAuthoritativeEngineBoots: number;
      msgAuthoritativeEngineTime: number;
    };
    get(oids: readonly string[], told: Told<Varbind>): void;
    set(varbinds: readonly Varbind[], told: Told<Varbind>): void;
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

  /** Of SNMPv3. What it calls keys are passwords. */
  export interface User {
    readonly name: string;
    readonly level: number;
    readonly authProtocol?: number;
    readonly authKey?: string;
    readonly privProtocol?: number;
    readonly privKey?: string;
  }

  /** An error status of RFC 3416 3: its number; no number when no RFC has it. */
  export class RequestFailedError extends Error {
    readonly status: unknown;
  }
  /** `code`: of ResponseInvalidCode. */
  export class ResponseInvalidError extends Error {
    readonly code: number;
  }
  export class RequestTimedOutError extends Error {}

  const snmp: {
    readonly Version1: number;
    readonly Version2c: number;
    readonly Version3: number;
    readonly AuthProtocols: Readonly<
      Record<'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512', number>
    >;
    readonly PrivProtocols: Readonly<Record<'aes' | 'aes256b' | 'aes256r', number>>;
    readonly SecurityLevel: Readonly<Record<'noAuthNoPriv' | 'authNoPriv' | 'authPriv', number>>;
    readonly ObjectType: Readonly<Record<'Integer' | 'OctetString' | 'IpAddress' | 'Gauge', number>> &
      Readonly<Record<number, string>>;
    readonly Authentication: {
      /** Localized keys, by `computeCacheKey`. */
      readonly authToKeyCache: Record<string, Buffer>;
      computeCacheKey(protocol: number, password: string | Buffer, engineId: Buffer): string;
      passwordToKey(protocol: number, password: string | Buffer, engineId: Buffer): Buffer;
    };
    readonly RequestFailedError: typeof RequestFailedError;
    readonly ResponseInvalidError: typeof ResponseInvalidError;
    readonly RequestTimedOutError: typeof RequestTimedOutError;
    createSession(address: string, community: string, options: SessionOptions): Session;
    createV3Session(address: string, user: User, options: SessionOptions): Session;
    isVarbindError(varbind: Varbind): boolean;
  };
  export default snmp;
}
