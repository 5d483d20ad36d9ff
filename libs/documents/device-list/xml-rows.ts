// A list of devices as XML: <devices><device address="10.1.2.3" serial="…" name="…" location="…"/></devices>. Read as it comes,
// without a tree. A document type is refused, and with it every entity of one's own: nothing in a list can grow or be fetched.
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { columns, type Column, type Row } from './rows.js';

/** Characters read at a time, so that others have their turn. */
const partMax = 64 * 1024;
/** Of one tag; what is not known here counts, too. */
const attributesMax = 100;

export function* xmlRows(text: string): Generator<Row> {
  const reading = new Reading();
  for (let at = 0; at < text.length && !reading.over; at += partMax) {
    yield* reading.write(text.slice(at, at + partMax));
  }
  yield* reading.end();
}

class Reading {
  readonly #parser = new SaxesParser<{ xmlns: false; position: true }>({ xmlns: false, position: true });
  readonly #ignored = new Set<string>();
  /** Tags that are open, and the outermost of them: which others there are is of no use. */
  #depth = 0;
  #root = '';
  /** Attributes of the tag that is being read. */
  #attributes = 0;
  #rows: Row[] = [];
  /** Where the tag began that is being read. */
  #line = 1;
  #over = false;

  constructor() {
    const parser = this.#parser;
    parser.on('error', (error) =>
      this.#giveUp(`is not well-formed XML: ${error.message.replace(/^\d+:\d+: /, '')}`),
    );
    parser.on('doctype', () =>
      this.#giveUp('begins a document type, which is not taken, nor its entities: take it out'),
    );
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8')
        this.#bad('badEncoding', `says that it is ${encoding.slice(0, 40)}: save the file as UTF-8`);
    });
    parser.on('opentagstart', () => {
      // Its name may have been ended by the end of the line.
      this.#line = parser.column === 0 ? parser.line - 1 : parser.line;
      this.#attributes = 0;
    });
    parser.on('attribute', () => {
      this.#attributes += 1;
      if (this.#attributes > attributesMax)
        this.#giveUp(`has a tag of more than ${attributesMax} attributes: take out what is not of a device`);
    });
    parser.on('opentag', (tag) => this.#opened(tag));
    parser.on('closetag', () => void (this.#depth -= 1));
    parser.on('text', (between) => {
      if (between.trim() !== '')
        this.#bad(
          'badXml',
          'has text between tags: write address="…" and the like into the tag',
          parser.line,
        );
    });
  }

  get over(): boolean {
    return this.#over;
  }

  write(part: string): readonly Row[] {
    this.#parser.write(part);
    return this.#take();
  }

  end(): readonly Row[] {
    if (!this.#over) this.#parser.close();
    return this.#take();
  }

  #take(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #opened({ name, attributes }: SaxesTagPlain): void {
    const within = this.#depth;
    this.#depth += 1;
    if (within === 0) this.#root = name;
    if (this.#over || (within === 0 && name === 'devices')) return;
    if (within !== 1 || this.#root !== 'devices' || name !== 'device')
      return this.#bad(
        'badXml',
        `is <${name.slice(0, 40)}>, where <device> in <devices> is expected: take it out`,
      );
    const isColumn = (each: string): each is Column => columns.some((column) => column === each);
    for (const each of Object.keys(attributes)) if (!isColumn(each)) this.#ignore(each);
    const cells = Object.fromEntries(Object.entries(attributes).filter(([each]) => isColumn(each)));
    const text = Object.entries(attributes)
      .map(([each, value]) => `${each}="${value}"`)
      .join(' ');
    this.#tell({ line: this.#line, text: `<device ${text}>`, cells });
  }

  #ignore(name: string): void {
    if (!this.#ignored.has(name)) this.#tell({ ignored: name });
    this.#ignored.add(name);
  }

  #bad(code: 'badXml' | 'badEncoding', message: string, line = this.#line): void {
    this.#tell({ line, text: '', code, message });
  }

  /** What follows would be guesses. */
  #giveUp(message: string): void {
    this.#bad('badXml', message, this.#parser.line);
    this.#over = true;
  }

  #tell(row: Row): void {
    if (!this.#over) this.#rows.push(row);
  }
}
