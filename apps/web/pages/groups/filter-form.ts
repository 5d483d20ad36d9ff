// A filter as the builder shows it, and back. Pure. Every block and condition has `not`; ids only tell React which is which.
import type { Filter } from '../../api/types.js';

type Comparison = Extract<Filter, { readonly field: string }>;
export type Field = Comparison['field'];
export type Operator = Comparison['operator'];

export interface Condition extends Comparison {
  readonly kind: 'condition';
  readonly id: number;
  readonly not: boolean;
}

export interface Block {
  readonly kind: 'block';
  readonly id: number;
  readonly not: boolean;
  readonly mode: 'all' | 'any';
  readonly parts: readonly Part[];
}

export type Part = Condition | Block;

let lastId = 0;
const nextId = (): number => (lastId += 1);

export const blankCondition = (): Condition => ({
  kind: 'condition',
  id: nextId(),
  not: false,
  field: 'model',
  operator: 'contains',
  value: '',
});

export const blankBlock = (): Block => ({
  kind: 'block',
  id: nextId(),
  not: false,
  mode: 'any',
  parts: [blankCondition()],
});

/** The outermost is always a block, so that a condition can be added beside a lone one. */
export function blockOf(filter: Filter | null): Block {
  if (filter === null) return { ...blankBlock(), mode: 'all' };
  const part = partOf(filter);
  return part.kind === 'block'
    ? part
    : { kind: 'block', id: nextId(), not: false, mode: 'all', parts: [part] };
}

function partOf(filter: Filter): Part {
  if ('not' in filter) {
    const inner = partOf(filter.not);
    // not not x: the builder has one `not` for each part, the second needs a block around it.
    if (inner.not) return { kind: 'block', id: nextId(), not: true, mode: 'all', parts: [inner] };
    return { ...inner, not: true };
  }
  if ('all' in filter)
    return { kind: 'block', id: nextId(), not: false, mode: 'all', parts: filter.all.map(partOf) };
  if ('any' in filter)
    return { kind: 'block', id: nextId(), not: false, mode: 'any', parts: filter.any.map(partOf) };
  return { kind: 'condition', id: nextId(), not: false, ...filter };
}

/** Null while a condition has no value or a block has no parts. */
export function filterOf(part: Part): Filter | null {
  const plain = part.kind === 'condition' ? comparisonOf(part) : listOf(part);
  if (plain === null) return null;
  return part.not ? { not: plain } : plain;
}

function comparisonOf({ field, operator, value }: Condition): Filter | null {
  return value.trim() === '' ? null : { field, operator, value: value.trim() };
}

function listOf({ mode, parts }: Block): Filter | null {
  const filters = parts.map(filterOf).filter((filter) => filter !== null);
  if (filters.length !== parts.length || filters.length === 0) return null;
  const [only] = filters;
  if (filters.length === 1 && only) return only;
  return mode === 'all' ? { all: filters } : { any: filters };
}

/** The same block with one part, however deep, replaced; null removes it. */
export function replaced(block: Block, id: number, by: Part | null): Block {
  const parts = block.parts.flatMap((part): readonly Part[] => {
    if (part.id === id) return by ? [by] : [];
    return [part.kind === 'block' ? replaced(part, id, by) : part];
  });
  return { ...block, parts };
}

export const fields: Readonly<Record<Field, string>> = {
  model: 'Model',
  hostname: 'Hostname',
  ip: 'IP address',
  serial: 'Serial number',
  mac: 'MAC address',
  firmware: 'Firmware',
};

/** How each comparison is said, and its opposite. */
const operatorWords: Readonly<Record<Operator, readonly [is: string, isNot: string]>> = {
  contains: ['contains', 'does not contain'],
  equals: ['is', 'is not'],
  startsWith: ['starts with', 'does not start with'],
  matches: ['matches pattern (* ?)', 'does not match pattern (* ?)'],
  inNetwork: ['is in network', 'is not in network'],
  versionBelow: ['is below version', 'is not below version'],
  versionAtLeast: ['is at least version', 'is not at least version'],
};

const textOperators: readonly Operator[] = ['contains', 'equals', 'startsWith', 'matches'];

export interface OperatorChoice {
  readonly value: string;
  readonly label: string;
  readonly operator: Operator;
  readonly not: boolean;
}

/** What can be asked about a field. */
export function operatorsFor(field: Field): readonly OperatorChoice[] {
  const own: readonly Operator[] =
    field === 'ip' ? ['inNetwork'] : field === 'firmware' ? ['versionBelow', 'versionAtLeast'] : [];
  const operators = [...own, ...textOperators];
  return [false, true].flatMap((not) => operators.map((operator) => choiceOf(operator, not)));
}

export const choiceOf = (operator: Operator, not: boolean): OperatorChoice => ({
  value: `${not ? 'not ' : ''}${operator}`,
  label: operatorWords[operator][not ? 1 : 0],
  operator,
  not,
});

export const placeholders: Readonly<Record<Field, string>> = {
  model: 'LaserJet',
  hostname: 'lobby-',
  ip: '10.1.0.0/16',
  serial: 'VNB3K',
  mac: '3c:52:82',
  firmware: '2511',
};

/** The filter as one sentence, for lists. */
export function filterWords(filter: Filter): string {
  if ('not' in filter) {
    return 'field' in filter.not ? comparisonWords(filter.not, true) : `not (${filterWords(filter.not)})`;
  }
  if ('all' in filter) return filter.all.map(inBrackets).join(' and ');
  if ('any' in filter) return filter.any.map(inBrackets).join(' or ');
  return comparisonWords(filter, false);
}

const comparisonWords = ({ field, operator, value }: Comparison, not: boolean): string =>
  `${fields[field]} ${choiceOf(operator, not).label} “${value}”`;

const inBrackets = (filter: Filter): string =>
  'all' in filter || 'any' in filter ? `(${filterWords(filter)})` : filterWords(filter);
