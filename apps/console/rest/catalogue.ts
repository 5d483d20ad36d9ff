// The settings that a policy can ask for.
import { Get } from '@nestjs/common';
import { settingsCatalogue } from '#device/catalogue';
import { comparisonsOf } from '#documents/comparison';
import { Resource, wholeList } from '../http/resource.js';
import { Needs } from '../who/access.js';

type Setting = typeof settingsCatalogue extends ReadonlyMap<string, infer S> ? S : never;

@Resource('catalogue')
export class CatalogueController {
  @Get()
  @Needs('viewer')
  list() {
    return wholeList([...settingsCatalogue.values()].map(entryOf));
  }
}

function entryOf({ type, why, by, ...setting }: Setting) {
  return {
    ...setting,
    description: why,
    ...kindOf(type),
    comparisons: comparisonsOf(type),
    /** Besides the open device API, which has them all. */
    protocols: Object.keys(by),
  };
}

function kindOf(type: Setting['type']) {
  if (type.type === 'choice') return { type: type.type, choices: type.values };
  if (type.type === 'number')
    return { type: type.type, minimum: type.min, maximum: type.max, unit: type.unit };
  if (type.type === 'text') return { type: type.type, pattern: type.pattern.source, rule: type.rule };
  return { type: type.type };
}
