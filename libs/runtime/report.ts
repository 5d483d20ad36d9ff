// Tells console how each service of this process fares. A report that cannot be sent is forgotten: the next one says it all.
import { setTimeout as delay } from 'node:timers/promises';
import { cut } from '../events/cut.js';
import type { Bus } from '../bus/bus.js';
import { stamp, type Event } from '../events/event.js';
import { type ServiceName, type ServiceReport, serviceReported } from '../events/service.js';
import type { Figures, Running } from './service.js';
import { version } from './version.js';

/** A service of this process. */
export interface Reported {
  readonly service: ServiceName;
  problems(): readonly string[];
  figures(): Figures;
}

export interface Reporting {
  readonly bus: Pick<Bus, 'publish'>;
  readonly instance: string;
  readonly services: readonly Reported[];
  /** Between reports that differ. A change of readiness waits for nothing. */
  readonly changedMs: number;
  /** Between reports that say the same. */
  readonly everyMs: number;
}

const lookMs = 500;
/** After a report that could not be sent. */
const retryMs = 2_000;
/** The last word must not hold up the end of the process. */
const lastWordMs = 2_000;
/** As the event has them. */
const instanceCharactersMax = 95;
const listMax = 20;

interface Told {
  readonly at: number;
  readonly nextAt: number;
  readonly ready: boolean;
  readonly said: string;
}

/** Reports until it is stopped, and then a last time. */
export function startReports(options: Reporting): Running {
  const reporter = new Reporter(options);
  return { stop: () => reporter.stop() };
}

class Reporter {
  readonly #startedAt = new Date().toISOString();
  readonly #stopping = new AbortController();
  readonly #told = new Map<ServiceName, Told>();
  readonly #looking: Promise<void>;
  #sequence = 0;

  constructor(private readonly options: Reporting) {
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    const { bus, services } = this.options;
    const last = services.map((each) =>
      this.#event({ ...this.#report(each), state: 'stopped', problems: [] }),
    );
    const sent = bus.publish(last).catch(() => undefined);
    await Promise.race([sent, delay(lastWordMs, undefined, { ref: false })]);
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
    while (!signal.aborted) {
      const reports = this.options.services
        .map((each) => this.#report(each))
        .filter((report) => this.#isDue(report));
      const sent = reports.length === 0 || (await this.#send(reports));
      await pause(sent ? lookMs : retryMs * (0.75 + Math.random() / 2));
    }
  }

  /** One after the other: while one is under way nothing gathers behind it. */
  async #send(reports: readonly Report[]): Promise<boolean> {
    try {
      await this.options.bus.publish(reports.map((report) => this.#event(report)));
      for (const report of reports) this.#told.set(report.service, this.#toldNow(report));
      return true;
    } catch {
      // Whoever reads the reports sees that none comes; this process's own log and readiness say why.
      return false;
    }
  }

  #isDue(report: Report): boolean {
    const told = this.#told.get(report.service);
    const now = performance.now();
    if (!told || now >= told.nextAt || told.ready !== isReady(report)) return true;
    return now >= told.at + this.options.changedMs && told.said !== substanceOf(report);
  }

  /** Instances that started together must not report together for ever. */
  #toldNow(report: Report): Told {
    const at = performance.now();
    const nextAt = at + this.options.everyMs * (0.8 + Math.random() * 0.2);
    return { at, nextAt, ready: isReady(report), said: substanceOf(report) };
  }

  #report(of: Reported): Report {
    const { queues, budgets, ...others } = of.figures();
    return {
      service: of.service,
      instance: this.options.instance.slice(0, instanceCharactersMax),
      version,
      startedAt: this.#startedAt,
      state: 'running',
      everyMs: this.options.everyMs,
      problems: of
        .problems()
        .slice(0, listMax)
        .map((problem) => cut(problem, 512)),
      ...others,
      queues: queues.slice(0, listMax),
      budgets: budgets.slice(0, listMax),
    };
  }

  #event(report: Report): Event {
    // A process without a database has nothing to count in: microseconds of its clock grow, over restarts too.
    this.#sequence = Math.max(this.#sequence + 1, Date.now() * 1000);
    return stamp(serviceReported.draft(report), {
      publisher: report.service,
      sequence: this.#sequence,
      occurredAt: new Date().toISOString(),
      causedBy: null,
      traceparent: null,
    });
  }
}

interface Report extends ServiceReport {
  readonly service: ServiceName;
}

const isReady = ({ problems }: Report): boolean => problems.length === 0;

/** Without what changes by itself while something waits. */
const substanceOf = (report: Report): string =>
  JSON.stringify(report, (key, value: unknown) => (key === 'oldestAgeMs' ? undefined : value));
