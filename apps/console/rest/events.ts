// The event stream (server-sent events): id = number in the feed, data = the event. Resumes from Last-Event-ID.
import { Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import type { Response } from 'express';
import * as z from 'zod';
import { PARTS, type StoredParts } from '#runtime/service';
import { Feed, type FeedRow } from '../feed/feed.js';
import { send } from '../feed/send.js';
import { Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import { stillThere, type Caller } from '../who/caller.js';

const heartbeatMs = 15_000;
/** Events read and written at a time: all that is ever held for one client. */
const pageRows = 100;
const streamsMax = 200;
/** Of one operator, or one token: each page that is open has one. */
const streamsOfOneMax = 20;

const lastEventId = z.coerce.number().int().nonnegative().optional().catch(undefined);

@Resource('events')
export class EventsController {
  constructor(
    @Inject(PARTS) private readonly parts: StoredParts,
    private readonly feed: Feed,
  ) {}

  /**
   * Without Last-Event-ID: what happens from now on; the number to resume from comes first. `event: reset` tells that events were
   * missed: load everything anew.
   */
  @Get()
  @Needs('viewer')
  @ApiProduces('text/event-stream')
  async stream(
    @Headers('last-event-id') resume: string | undefined,
    @Who() caller: Caller,
    @Res() response: Response,
  ): Promise<void> {
    if (this.feed.listeners >= streamsMax) throw new Refusal('busy', 'Too many event streams are open.');
    if (this.feed.listenersOf(caller.name) >= streamsOfOneMax)
      throw new Refusal('busy', `You have ${streamsOfOneMax} event streams open already.`);
    const leave = this.feed.listen(caller.name);
    // At once, not at the next beat: a page that is loaded anew again and again has one stream, not many.
    response.once('close', leave);
    try {
      const { oldest, newest } = await this.feed.bounds();
      const wanted = lastEventId.parse(resume) ?? newest;
      const missed = wanted < oldest - 1 || wanted > newest;
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'x-accel-buffering': 'no',
      });
      response.write(missed ? reset(newest) : `: connected\nid: ${wanted}\n\n`);
      await this.#follow(response, missed ? newest : wanted, caller);
    } catch (error) {
      if (!response.headersSent) throw error;
      this.parts.log.warn({ error }, 'An event stream broke off; the client resumes it');
      // It may not read what is written to it still.
      response.destroy();
    } finally {
      leave();
      if (response.headersSent) response.end();
    }
  }

  async #follow(response: Response, from: number, caller: Caller): Promise<void> {
    const gone = AbortSignal.any([this.feed.signal, closed(response)]);
    let position = from;
    let beat = Date.now() + heartbeatMs;
    while (!gone.aborted) {
      // Before anything is sent, however long the client took for what was sent before.
      if (Date.now() >= beat) {
        if (!(await stillThere(this.parts, caller))) return;
        beat = Date.now() + heartbeatMs;
        await send(response, ': still here\n\n', gone);
      }
      const rows = await this.feed.after(position, pageRows);
      const overtaken = rows[0] !== undefined && rows[0].sequence > position + 1;
      position = rows.at(-1)?.sequence ?? position;
      await send(response, (overtaken ? reset(position) : '') + rows.map(frame).join(''), gone);
      if (rows.length < pageRows) await this.feed.wait(position, Math.max(0, beat - Date.now()));
    }
  }
}

const frame = ({ sequence, event }: FeedRow): string => `id: ${sequence}\ndata: ${JSON.stringify(event)}\n\n`;

const reset = (sequence: number): string => `id: ${sequence}\nevent: reset\ndata: {}\n\n`;

function closed(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}
