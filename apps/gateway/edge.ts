// The gateway's whole configuration: one message, followed on the bus, kept in a file for the next start.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bus, Subscription } from '#bus/bus';
import { parseEvent, UnreadableEvent } from '#events/event';
import { edgeConfigured, type EdgeConfiguration } from '#events/settings';
import type { Log } from '#runtime/log';

/** What the listener judges by. */
export class Edge {
  #current: EdgeConfiguration | null = null;
  #saved: Promise<void> = Promise.resolve();
  #subscription: Subscription | null = null;

  /** @param changed told after each change */
  constructor(
    private readonly cacheFile: string | undefined,
    private readonly log: Log,
    private readonly changed: (configuration: EdgeConfiguration) => void,
  ) {}

  /** Null until one was seen: then nothing is taken. */
  get current(): EdgeConfiguration | null {
    return this.#current;
  }

  async follow(bus: Bus): Promise<void> {
    await this.#restore();
    this.#subscription = await bus.follow(edgeConfigured, (event) => this.#hear(event));
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
    await this.#saved;
  }

  #hear(event: unknown): void {
    try {
      const { data } = parseEvent(edgeConfigured, event);
      if (this.#take(data)) this.#saved = this.#saved.then(() => this.#save(data));
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      this.log.error({ error }, 'The edge configuration on the bus cannot be read; the one before it holds');
    }
  }

  /** The newest holds; one of another Muster (a new installation behind an old cache) replaces whatever there was. */
  #take(next: EdgeConfiguration): boolean {
    const now = this.#current;
    if (now && now.server === next.server && now.version >= next.version) return false;
    this.#current = next;
    const { version, acceptAnnouncements, authentication, fromPrimaries } = next;
    this.log.info({ version, acceptAnnouncements, authentication, fromPrimaries }, 'Edge configuration');
    this.changed(next);
    return true;
  }

  async #restore(): Promise<void> {
    if (this.cacheFile === undefined) return;
    try {
      this.#take(edgeConfigured.schema.parse(JSON.parse(await readFile(this.cacheFile, 'utf8'))));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      this.log.warn(
        { error, file: this.cacheFile },
        'The cached edge configuration cannot be read; waiting for the bus',
      );
    }
  }

  async #save(configuration: EdgeConfiguration): Promise<void> {
    if (this.cacheFile === undefined) return;
    try {
      await mkdir(dirname(this.cacheFile), { recursive: true, mode: 0o700 });
      await writeFile(`${this.cacheFile}.new`, JSON.stringify(configuration), { mode: 0o600, flush: true });
      await rename(`${this.cacheFile}.new`, this.cacheFile);
    } catch (error) {
      this.log.warn(
        { error, file: this.cacheFile },
        'The edge configuration cannot be cached; the next start waits for the bus',
      );
    }
  }
}
