// One document of YAML from whoever sends it, read in a time that grows as the text does: `yaml` alone compares each key with
// all before it, and goes as deep as the text does, where the stack ends at last.
import {
  Composer,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  visit,
  type CST,
  type Document,
  type LineCounter,
  type Pair,
  type YAMLMap,
} from 'yaml';

/** What is wrong where, counted in characters from 0. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
}

/** Null: nothing of it can be used; the faults say why. */
export interface ReadYaml {
  readonly document: Document | null;
  readonly faults: readonly YamlFault[];
}

/** Lists and maps within one another; files of people have fewer than ten. */
const levelsMax = 50;

/** YAML 1.2 with keys that are text, each once in its map; no aliases, so that it means what it says. Never throws. */
export function readYaml(text: string, lines: LineCounter): ReadYaml {
  const read = tokensOf(text, lines);
  if ('offset' in read) return { document: null, faults: [read] };
  const composer = new Composer({ prettyErrors: false, stringKeys: true, uniqueKeys: false });
  const faults: YamlFault[] = [];
  let document: Document | null = null;
  for (const each of composer.compose(read.tokens, true, text.length)) {
    if (document) {
      faults.push({ offset: each.range[0], message: 'begins a second document: keep one in a file' });
      break;
    }
    document = each;
  }
  if (!document) return { document, faults };
  const told = [...document.errors, ...document.warnings];
  const broken = told.map(({ pos, message }) => ({ offset: pos[0], message }));
  return { document, faults: [...broken, ...faults, ...faultsIn(document)] };
}

/** Stops where it goes too deep: whatever is made of tokens goes as deep as they do. */
function tokensOf(text: string, lines: LineCounter): { readonly tokens: readonly CST.Token[] } | YamlFault {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > levelsMax) {
      const offset = parser.stack.at(-1)?.offset ?? 0;
      return { offset, message: `goes more than ${levelsMax} lists and maps deep: no policy does` };
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens };
}

function faultsIn(document: Document): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  visit(document, {
    Alias: (_, { range }) =>
      void faults.push({ offset: range?.[0] ?? 0, message: 'is an alias: write out what it stands for' }),
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = keyOf(key);
        if (seen.has(name)) faults.push({ offset: startOf(key) ?? 0, message: 'Map keys must be unique' });
        seen.add(name);
      }
    },
  });
  return faults;
}

const keyOf = (key: unknown): unknown => (isScalar(key) ? key.value : key);

/** Where a field begins, by its name; of one that is missing, what lacks it. */
export function offsetsIn({ contents }: Document): (at: readonly PropertyKey[]) => number {
  const known = new Map<YAMLMap, ReadonlyMap<unknown, Pair>>();
  const pairsOf = (node: YAMLMap): ReadonlyMap<unknown, Pair> => {
    const pairs = known.get(node) ?? new Map(node.items.map((pair) => [keyOf(pair.key), pair]));
    known.set(node, pairs);
    return pairs;
  };
  return (at) => {
    let node: unknown = contents;
    let offset = startOf(node) ?? 0;
    for (const part of at) {
      if (isMap(node)) {
        const pair = pairsOf(node).get(part);
        if (!pair) return offset;
        offset = startOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(part)];
        offset = startOf(node) ?? offset;
      } else {
        return offset;
      }
    }
    return offset;
  };
}

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);
