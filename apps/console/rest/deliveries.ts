// Dead letters: events that a service gave up, waiting for a person.
import { Body, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import * as z from 'zod';
import { deliveryReplayRequested } from '#events/delivery';
import { PARTS, type StoredParts } from '#runtime/service';
import { record } from '../documents/written.js';
import { Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';

const decision = z.strictObject({ action: z.enum(['replay', 'drop']) });
const shownMax = 500;

@Resource('deliveries')
export class DeliveriesController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  @Get()
  @Needs('viewer')
  async list() {
    const items = await this.parts.store.query<{ total: number }>(
      `select consumer, event_id as "eventId", event_type as "eventType", attempts, reason, died_at as "diedAt"
       from console.dead_delivery order by died_at desc limit ${shownMax}`,
    );
    const [counted] = await this.parts.store.query<{ total: number }>(
      'select count(*) as total from console.dead_delivery',
    );
    return { items, total: counted?.total ?? 0, next: null };
  }

  /** It leaves the list; should it die again, it comes back. */
  @Post(':consumer/:eventId')
  @HttpCode(202)
  @Needs('operator')
  async decide(
    @Param('consumer', { schema: z.string().regex(/^[A-Za-z.]{1,64}$/) }) consumer: string,
    @Param('eventId', { schema: z.uuid() }) eventId: string,
    @Body({ schema: decision }) { action }: z.infer<typeof decision>,
    @Who() { name: who, from }: Caller,
  ): Promise<object> {
    await this.parts.store.transaction(async (tx) => {
      const rows = await tx.query(
        'delete from console.dead_delivery where consumer = $1 and event_id = $2 returning consumer',
        [consumer, eventId],
      );
      if (rows.length === 0) throw new Refusal('notFound', 'There is no such dead delivery.');
      await audit(tx, { who, from, action: `delivery.${action}`, target: `${consumer}:${eventId}` });
      await record(tx, this.parts.bus, [
        deliveryReplayRequested.draft({ consumer, eventId, action, requestedBy: who }),
      ]);
    });
    return {};
  }
}
