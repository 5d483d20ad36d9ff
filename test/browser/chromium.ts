// A real browser at a real page. Whatever the browser complains of meanwhile is kept, and a test asks for it at its end.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Of the operators that the tests sign in as. */
export const password = 'twelve letters and more';

export const laptop = { width: 1280, height: 800 } as const;
export const phone = { width: 390, height: 844 } as const;

export class Visitor {
  /** Errors of the page, of the console, of the Content-Security-Policy; dialogs; requests that leave this server. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly url: string,
    /** Answers that a test provokes, such as 400: the browser notes each failed request. */
    private readonly expected: readonly number[],
  ) {
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => this.complaints.push(`page: ${error.message}`));
    page.on('console', (message) => {
      const { url: from } = message.location();
      if (message.type() === 'error' && !this.#provoked(message.text(), from)) {
        this.complaints.push(`console: ${message.text()} ${from}`);
      }
    });
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.complaints.push(`request: ${request.url()}`);
    });
  }

  static async open(browser: Browser, url: string, options: VisitorOptions = {}): Promise<Visitor> {
    const { expected = [], ...context } = options;
    const opened = await browser.newContext({ viewport: laptop, ...context });
    return new Visitor(await opened.newPage(), url, expected);
  }

  async goTo(path: string): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
  }

  async signIn(name: string, secret = password): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByRole('textbox', { name: 'Password' }).fill(secret);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  heading(name: string | RegExp) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  /** Where MUSTER_SCREENSHOTS names a folder. */
  async picture(name: string): Promise<void> {
    const folder = process.env['MUSTER_SCREENSHOTS'];
    if (folder) await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }

  /** Not signed in yet is no fault: the page asks who it is shown to, and is told nobody. */
  #provoked(text: string, from: string): boolean {
    const status = Number(/status of (\d{3})/.exec(text)?.[1]);
    if (status === 401 && from.endsWith('/api/session')) return true;
    return from.includes('/api/') && this.expected.includes(status);
  }
}

export interface VisitorOptions extends BrowserContextOptions {
  readonly expected?: readonly number[];
}

export async function launch(): Promise<Browser> {
  const executablePath = places.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error(`no browser at ${places.join(', ')}: npm test installs Chromium, or install it yourself`);
  }
  return chromium.launch({ executablePath, args: quiet });
}
