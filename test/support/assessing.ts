// Assessment alone, with credentials to open devices with: its consumers and workers on a database of their own, fed by hand.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { metrics } from '@opentelemetry/api';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { placeName, userOf, type Credential, type CredentialScope } from '#device/credential';
import { assessmentFinished, assessmentRequested, type AssessmentFinished } from '#events/assessment';
import { assessmentUndone, assessmentUndoRequested, type AssessmentUndone } from '#events/undo';
import { assessmentVouched, assessmentVouchRequested, type AssessmentVouched } from '#events/vouch';
import { deviceApprovalDecided } from '#events/approval';
import { deviceGrouped, deviceRetired, type DeviceGrouped } from '#events/device';
import type { Identity } from '#events/identity';
import { policyChanged, type Policy, type PolicyIpsec } from '#events/policy';
import { defaultSettings, settingsChanged } from '#events/settings';
import { KeyFile, makeKeyFile } from '#pki/key-file';
import { putCredential } from '#store/credentials';
import type { Log } from '#runtime/log';
import type { Store } from '#store/store';
import { assessWorker } from '../../apps/assessment/assess.js';
import { assessment } from '../../apps/assessment/assessment.js';
import { dryRunWorker } from '../../apps/assessment/dry-run.js';
import { connect, openersOn as everyOpener, type Openers } from '../../apps/assessment/connect.js';
import { heldFor } from '../../apps/assessment/credentials/held.js';
import { Keyring } from '../../apps/assessment/credentials/keyring.js';
import { Vault } from '../../apps/assessment/credentials/vault.js';
import { undoWorker } from '../../apps/assessment/undo.js';
import { openFor, published, startFed, type Fed } from './fed-delivery.js';
import { outboxBus } from './outbox-bus.js';
import { ownFolder } from './servers.js';
import { until } from './until.js';

/** Where its devices are. */
export interface Ports {
  readonly device: number;
  readonly snmp: number;
  /** Left out: where printers have it. */
  readonly ipp?: number;
}

/** A device, as assessment hears of it. */
export interface Known {
  readonly deviceId: string;
  readonly identity: Identity;
  /** Null: it is not known by a certificate. */
  readonly fingerprint: string | null;
  /** Whether a person has admitted it with that certificate; absent: one has. */
  readonly approved?: boolean;
  /** Why discovery believes that it is the device; absent: it does not say. */
  readonly proof?: DeviceGrouped['proof'];
}

export class Assessing {
  /** What the log was told. */
  readonly lines: string[] = [];
  #version = 0;
  #workers: RunningWorkers | null = null;

  private constructor(
    private readonly networks: readonly string[],
    private readonly community: string | null,
    readonly store: Store,
    readonly fed: Fed,
    private readonly keys: KeyFile,
  ) {}

  /** @param community that everybody may read with by SNMP; null: nobody is asked without a secret */
  static async start(networks: readonly string[], community: string | null = null): Promise<Assessing> {
    const store = await openFor('PGlite', 'assessment');
    const fed = await startFed(store, assessment.consumers);
    const file = join(await ownFolder('keys'), 'keys');
    await makeKeyFile(file);
    const assessing = new Assessing(networks, community, store, fed, new KeyFile(file));
    const body = {
      ...defaultSettings,
      allowRemediation: true,
      initialPolicy: 'base',
      deviceNetworks: [...networks],
      probeCommunity: community,
    };
    await fed.feed(
      published(settingsChanged.draft({ id: 'settings', version: 1, changedBy: 'admin', body })),
    );
    return assessing;
  }

  /** @param about told of each statement of the vault, before it is made */
  work(ports: Ports, about: (sql: string, parameters: readonly unknown[]) => void = () => undefined): void {
    const log = this.#log;
    const store: Pick<Store, 'query'> = {
      query: <Row extends object>(sql: string, parameters: readonly unknown[] = []) => {
        about(sql, parameters);
        return this.store.query<Row>(sql, parameters);
      },
    };
    const keyring = this.#keyring(store, ports);
    const openers = openersOn(ports);
    const parts = {
      store: this.store,
      bus: outboxBus,
      log,
      meter: metrics.getMeter('test'),
      instance: 'one',
    };
    const common = { store: this.store, openers, keyring, log };
    const workers = [assessWorker(common), dryRunWorker(common), undoWorker(common)];
    this.#workers = runWorkers({ ...parts, workers, service: 'assessment' });
  }

  /** The device, spoken with outside any task. */
  async connect(
    { deviceId, identity, fingerprint, approved = true }: Known,
    ports: Ports,
    groups: readonly string[] = [],
  ) {
    const held = await heldFor(
      this.store,
      { deviceId, serial: identity.serial, fingerprint, vouched: false, address: identity.ip },
      groups.map((groupId) => ({ groupId, priority: 1 })),
    );
    const of = {
      identity,
      fingerprint,
      networks: [...this.networks],
      authorities: [],
      trusted: null,
      community: this.community,
      known: null,
    };
    const known = { ...held, approved: approved ? fingerprint : null };
    return connect({ ...of, held: known }, openersOn(ports), this.#keyring(this.store, ports));
  }

  #keyring(store: Pick<Store, 'query'>, { device: devicePort, snmp: snmpPort }: Ports): Keyring {
    const vault = new Vault({ store, keys: this.keys, log: this.#log });
    return new Keyring({ vault, devicePort, snmpPort, attemptsMax: 2 });
  }

  async require(items: Readonly<Record<string, string | boolean>>, ipsec?: PolicyIpsec): Promise<void> {
    const body: Policy = {
      name: 'Base',
      description: '',
      items: Object.entries(items).map(([setting, required]) => ({
        setting,
        required,
        severity: 'high',
        remediate: true,
        unsupported: 'fail',
      })),
      ...(ipsec && { ipsec }),
    };
    const version = (this.#version += 1);
    await this.fed.feed(published(policyChanged.draft({ id: 'base', version, changedBy: 'admin', body })));
  }

  /** As console does it. */
  async hold(secret: Credential, scope: CredentialScope = 'global', id = ''): Promise<void> {
    const at = { kind: secret.kind, scope, id };
    const box = (await this.keys.ring()).seal(JSON.stringify(secret), placeName(at));
    await putCredential(this.store, {
      ...at,
      userName: userOf(secret),
      generated: false,
      changedBy: 'admin',
      box,
    });
  }

  /** What is kept of a device's own, opened. */
  async kept(kind: Credential['kind'], deviceId: string): Promise<unknown> {
    const at = { kind, scope: 'device', id: deviceId } as const;
    const [row] = await this.store.query<{ box: string }>(
      `select box from assessment.credential where kind = $1 and scope = 'device' and id = $2`,
      [kind, deviceId],
    );
    return row ? JSON.parse((await this.keys.ring()).open(row.box, placeName(at))) : null;
  }

  /** Whether each credential that was tried on the device was right. */
  async tried(deviceId: string): Promise<Readonly<Record<string, boolean>>> {
    const rows = await this.store.query<{ credential: string; is_right: boolean }>(
      `select credential, is_right from assessment.credential_try where device_id = $1 order by credential`,
      [deviceId],
    );
    return Object.fromEntries(rows.map(({ credential, is_right }) => [credential, is_right]));
  }

  get #log(): Log {
    const note = (fields: object, message: string): void =>
      void this.lines.push(JSON.stringify([fields, message]));
    const log: Log = { info: note, warn: note, error: note, debug: note, child: () => log };
    return log;
  }

  /** One assessment, to its end. */
  async assess({
    deviceId,
    identity,
    fingerprint,
    proof,
    approved = true,
  }: Known): Promise<AssessmentFinished> {
    const { serial } = identity;
    const admitted = {
      serial,
      outcome: 'admitted',
      by: 'operator',
      name: 'ada',
      deviceId,
      fingerprint,
    } as const;
    if (approved) await this.fed.feed(published(deviceApprovalDecided.draft(admitted)));
    const announcement = randomUUID();
    const of = { deviceId, identity, fingerprint, announcements: [announcement] };
    const grouped = {
      ...of,
      ...(proof && { proof }),
      fresh: true,
      groups: [],
      left: [],
      licensedSequence: 1,
    };
    await this.fed.feed(published(deviceGrouped.draft({ ...grouped, trigger: 'announced' })));
    return until(
      'the assessment ended',
      async () =>
        (await this.fed.told(assessmentFinished)).find(({ covers }) => covers.includes(announcement)),
      120_000,
    );
  }

  /** What an assessment of a device that is known by now would change. */
  async dryRun({ deviceId }: Known): Promise<AssessmentFinished> {
    const foreseen = async () =>
      (await this.fed.told(assessmentFinished)).filter(({ mode }) => mode === 'dryRun');
    const before = (await foreseen()).length;
    const wanted = {
      deviceId,
      policyId: null,
      requestedBy: 'ada',
      mode: 'dryRun',
      everything: false,
    } as const;
    await this.fed.feed(published(assessmentRequested.draft(wanted)));
    return until('the dry run ended', async () => (await foreseen())[before], 120_000);
  }

  /** It is deleted, and so long ago that assessment has forgotten it. */
  async forget({ deviceId, identity: { serial } }: Known): Promise<void> {
    const retired = (id: string) =>
      published(deviceRetired.draft({ deviceId: id, serial, retiredBy: 'admin' }));
    await this.fed.feed(retired(deviceId));
    await this.store.query(`update assessment.device set retired_at = retired_at - interval '100 days'`);
    const other = randomUUID();
    await this.fed.feed(published(deviceGrouped.draft({ ...deviceGrouped.example, deviceId: other })));
    await this.fed.feed(retired(other));
    const rows = await this.store.query('select 1 as one from assessment.device where id = $1', [deviceId]);
    if (rows.length > 0) throw new Error('it is remembered');
  }

  /** What a task has changed, put back. */
  async undo({ deviceId }: Known, taskId: string): Promise<AssessmentUndone> {
    const request = assessmentUndoRequested.draft({ deviceId, taskId, requestedBy: 'ada' });
    await this.fed.feed(published(request));
    return until(
      'it was undone',
      async () => (await this.fed.told(assessmentUndone)).find(({ undoes }) => undoes === taskId),
      120_000,
    );
  }

  /** An operator says that it is the device. */
  async vouch({ deviceId, identity, fingerprint }: Known): Promise<AssessmentVouched['outcome']> {
    const who = { ip: identity.ip, fingerprint };
    const request = published(assessmentVouchRequested.draft({ deviceId, who, requestedBy: 'ada' }));
    const before = (await this.fed.told(assessmentVouched)).length;
    await this.fed.feed(request);
    const told = (await this.fed.told(assessmentVouched)).slice(before);
    if (told.length !== 1 || !told[0]) throw new Error(`${told.length} answers to one word`);
    return told[0].outcome;
  }

  /** As if it had been tried so much earlier. */
  async agoBy(minutes: number): Promise<void> {
    await this.store.query(`update assessment.credential_try set at = at - $1 * interval '1 minute'`, [
      minutes,
    ]);
  }

  /** Whatever was said to the bus and to the log, and what lies in the database besides the boxes. */
  async said(): Promise<string> {
    const tables = ['outbox', 'task', 'change', 'credential_try', 'device'];
    const rows = await Promise.all(
      tables.map((table) => this.store.query(`select to_jsonb(t) as row from assessment.${table} t`)),
    );
    return JSON.stringify([...rows, this.lines]);
  }

  async stop(): Promise<void> {
    await this.#workers?.stop();
    await this.fed.stop();
  }
}

/** All that assessment opens in production. */
const openersOn = ({ device: devicePort, snmp: snmpPort, ipp: ippPort }: Ports): Openers =>
  everyOpener({ devicePort, snmpPort, ...(ippPort !== undefined && { ippPort }) });
