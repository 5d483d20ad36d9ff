// One connection's announcements: judged by the edge configuration that held when it began, stored, answered, traced.
import type { TLSSocket } from 'node:tls';
import { context, ROOT_CONTEXT, SpanKind, trace, type Span } from '@opentelemetry/api';
import type { Acknowledge, Announcement } from '#announce/announcement';
import type { Judge } from '#announce/answer';
import { contextOf, traceparentOf } from '#bus/spans';
import type { DeviceAnnounced } from '#events/announcement';
import type { EdgeConfiguration } from '#events/settings';
import { keyExchangeGroup } from '#pki/negotiated';
import { readPeer, type Peer } from '#pki/peer';
import type { Log } from '#runtime/log';
import type { Complaints } from './complaints.js';
import type { Guest } from './door.js';
import { eventIdOf } from './event-id.js';
import { changedAnswer, retry, type Intake } from './intake.js';
import { judge, type Judgement, type Refused, type Rules } from './judge.js';
import type { Meters } from './meters.js';
import type { Refusals } from './refusals.js';

const tracer = trace.getTracer('muster.gateway');

export interface Office {
  readonly intake: Intake;
  readonly meters: Meters;
  readonly complaints: Complaints;
  readonly refusals: Pick<Refusals, 'note'>;
  readonly log: Log;
  /** Whether nothing has changed since. */
  holds(rules: Rules): boolean;
}

export class Conversation implements Judge {
  readonly #peer: Peer;
  readonly #transport: DeviceAnnounced['transport'];
  readonly #securedAtMs = performance.now();
  #announcements = 0;

  /** @param rules null when there is no configuration yet */
  constructor(
    socket: TLSSocket,
    private readonly guest: Guest,
    private readonly rules: Rules | null,
    private readonly office: Office,
  ) {
    this.#peer = readPeer(socket);
    this.#transport = {
      peerAddress: guest.address,
      tlsVersion: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName,
      group: keyExchangeGroup(socket),
      fingerprint: this.#peer.fingerprint,
    };
  }

  closed(): Acknowledge | null {
    if (!this.rules)
      return this.#answered(retry('notReady', 'the server is not configured yet', 'anonymous'));
    if (this.rules.edge.acceptAnnouncements) return null;
    return this.#refuse('switchedOff', 'announcements are not accepted: Accept Device Announcements is off');
  }

  malformed({ code, message }: { readonly code: string; readonly message: string }): Acknowledge {
    return this.#refuse(code, message);
  }

  broken(error: unknown): Acknowledge {
    this.office.log.error({ error, peer: this.guest.address }, 'An announcement met a fault of the gateway');
    return this.#answered(retry('notStored', 'the announcement could not be stored', 'anonymous'));
  }

  async judge(announcement: Announcement): Promise<Acknowledge> {
    const { rules } = this;
    if (!rules) throw new Error('judged without a configuration');
    const sinceMs = this.#begin();
    const span = this.#startSpan(announcement, sinceMs);
    // Active, so that the log's lines about this announcement name its trace.
    return context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
      const answer = await this.#answerTo(announcement, rules, sinceMs, span);
      span.setAttributes({ 'muster.result': answer.result, 'muster.reason': answer.reason ?? '' });
      span.end();
      return answer;
    });
  }

  async #answerTo(
    announcement: Announcement,
    rules: Rules,
    sinceMs: number,
    span: Span,
  ): Promise<Acknowledge> {
    const now = new Date();
    const from = { address: this.guest.address, peer: this.#peer };
    const judgement = await judge(announcement, from, rules, now);
    // While it waited for word of a revocation: whoever was asked was asked by a rule that is gone.
    if (!this.office.holds(rules)) return this.#answered(this.#noted(changedAnswer(), announcement), sinceMs);
    if (!judgement.admitted) return this.#turnAway(judgement, announcement);
    if (judgement.standing) this.office.meters.standing(judgement.standing);
    const answer = await this.#store(announcement, judgement, rules.edge, now, span);
    return this.#answered(this.#noted(answer, announcement), sinceMs);
  }

  #store(
    announcement: Announcement,
    { authentication }: Judgement & { readonly admitted: true },
    edge: EdgeConfiguration,
    now: Date,
    span: Span,
  ): Promise<Acknowledge> {
    const { identity, reason, announcementId, origin } = announcement;
    return this.office.intake.store({
      id: eventIdOf(announcement, this.#peer.fingerprint),
      authentication,
      traceparent: traceparentOf(span) ?? announcement.traceparent,
      data: {
        identity,
        reason,
        announcementId,
        acceptedAt: now.toISOString(),
        ...this.#provenance(announcement, authentication, edge),
        origin: origin && {
          server: origin.server,
          hops: origin.hops,
          verified: authentication === 'verified',
        },
        configVersion: edge.version,
      },
    });
  }

  /**
   * A forwarded announcement is anonymous, whoever forwarded it: only a device can prove to be the device. Its fingerprint
   * is believed from a verified server only, and never the server's own one is taken for the device's.
   */
  #provenance(
    { origin }: Announcement,
    authentication: 'anonymous' | 'verified',
    edge: EdgeConfiguration,
  ): Pick<DeviceAnnounced, 'transport' | 'authentication'> {
    if (!origin) {
      return {
        transport: this.#transport,
        authentication: { mode: edge.authentication, outcome: authentication },
      };
    }
    const fingerprint = authentication === 'verified' ? origin.fingerprint : null;
    return {
      transport: { ...this.#transport, fingerprint },
      authentication: { mode: 'none', outcome: 'anonymous' },
    };
  }

  /** The first announcement's time and span begin with the connection, those that follow with their line. */
  #begin(): number {
    this.#announcements += 1;
    return this.#announcements === 1 ? this.guest.sinceMs : performance.now();
  }

  #startSpan({ identity, traceparent, reason }: Announcement, sinceMs: number): Span {
    const span = tracer.startSpan(
      'announcement',
      {
        kind: SpanKind.SERVER,
        startTime: performance.timeOrigin + sinceMs,
        attributes: {
          'network.peer.address': this.guest.address,
          'tls.protocol.version': this.#transport.tlsVersion,
          'muster.serial': identity.serial,
          'muster.announce_reason': reason,
        },
      },
      contextOf(traceparent),
    );
    if (sinceMs < this.#securedAtMs) span.addEvent('secured', performance.timeOrigin + this.#securedAtMs);
    return span;
  }

  #turnAway({ reason, message, authentication, passing }: Refused, announcement: Announcement): Acknowledge {
    if (!passing) return this.#refuse(reason, message, authentication, announcement);
    const { serial } = announcement.identity;
    this.office.complaints.tell(this.guest.address, reason, `A device is to come again: ${message}`, {
      serial,
    });
    return this.#answered(retry(reason, message, authentication));
  }

  #refuse(
    reason: string,
    message: string,
    authentication: Acknowledge['authentication'] = 'anonymous',
    announcement?: Announcement,
  ): Acknowledge {
    const fields = announcement ? { serial: announcement.identity.serial } : {};
    this.office.complaints.tell(
      this.guest.address,
      reason,
      `An announcement was refused: ${message}`,
      fields,
    );
    return this.#answered({
      result: 'refused',
      authentication,
      reason,
      message,
      retryAfterMs: null,
      event: null,
    });
  }

  /** Sent away, to come again: told as refusals are, by their complaints. */
  #noted(answer: Acknowledge, { identity: { serial } }: Announcement): Acknowledge {
    const { result, reason, message } = answer;
    if (result === 'retry' && reason !== null) {
      this.office.refusals.note({ peer: this.guest.address, reason, message: message ?? reason, serial });
    }
    return answer;
  }

  #answered(answer: Acknowledge, sinceMs: number = performance.now()): Acknowledge {
    this.office.meters.answered(answer, performance.now() - sinceMs);
    return answer;
  }
}
