// Facts about the project's own files. Taste is left to people.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  exportedOnly,
  files,
  importsOf,
  isSpec,
  namesTaken,
  reachableFrom,
  read,
  sources,
} from './tidy/sources.js';

/** What each library may import besides itself and packages. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  events: [],
  store: ['events'],
  bus: ['events', 'store'],
  runtime: ['events', 'store', 'bus'],
  addresses: [],
  pki: ['addresses', 'events'],
  announce: ['events', 'pki'],
  device: ['addresses', 'events', 'pki'],
  documents: ['addresses', 'events', 'device', 'pki'],
  answers: ['events', 'device', 'documents', 'pki'],
};

/** Packages that one library keeps to itself. */
const kept: Readonly<Record<string, string>> = {
  amqplib: 'libs/bus/',
  typeorm: 'libs/store/',
  pg: 'libs/store/',
  '@electric-sql/pglite': 'libs/store/',
};

/** They start an app, and that is all there is to say of them. */
const starts = /^apps\/[^/]+\/main\.tsx?$/;

const edges = sources.flatMap((file) => importsOf(file).map((target) => ({ file, target })));
const arrow = ({ file, target }: { file: string; target: string }): string => `${file} → ${target}`;
const folder = (file: string): string => file.split('/').slice(0, 2).join('/');

describe('imports', () => {
  it('of a library go down only', () => {
    const wrong = edges.filter(({ file, target }) => {
      const [top, library = ''] = file.split('/');
      if (top !== 'libs' || isSpec(file) || folder(file) === folder(target)) return false;
      return /^(libs|apps|test)\//.test(target) && !libraries[library]?.includes(target.split('/')[1] ?? '');
    });
    expect(wrong.map(arrow)).toEqual([]);
  });

  it('of an app reach no other app, but for standalone', () => {
    const wrong = edges.filter(
      ({ file, target }) =>
        file.startsWith('apps/') &&
        !file.startsWith('apps/standalone/') &&
        (target.startsWith('apps/') || target.startsWith('test/')) &&
        folder(file) !== folder(target) &&
        !(isSpec(file) && target.startsWith('test/')),
    );
    expect(wrong.map(arrow)).toEqual([]);
  });

  it('of the bus and of databases stay in their library', () => {
    const wrong = edges.filter(({ file, target }) => {
      const home = kept[target];
      return home !== undefined && !isSpec(file) && !file.startsWith(home);
    });
    expect(wrong.map(arrow)).toEqual([]);
  });
});

describe('files', () => {
  it('are no barrels', () => {
    const barrels = sources.filter((file) => {
      const code = (read(file) ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').trim();
      const onlyPassesOn =
        code !== '' && code.replace(/export\s+(type\s+)?(\*|\{[^}]*\})[^;]*from[^;]*;/g, '').trim() === '';
      return onlyPassesOn || /(^|\/)index\.tsx?$/.test(file);
    });
    expect(barrels).toEqual([]);
  });

  it('are used by a program, and not by its tests alone', () => {
    const named = files
      .filter(
        (file) => file === 'package.json' || /^(scripts|deploy)\/.*\.(mjs|ya?ml)$|Dockerfile$/.test(file),
      )
      .flatMap((file) =>
        [...(read(file) ?? '').matchAll(/dist\/([\w./-]+)\.js\b/g)].map(([, name]) => `${name}.ts`),
      );
    const entries = sources.filter(
      (file) =>
        /^apps\/[^/]+\/main\.tsx?$|(^|\/)(vite|vitest)\.config\.ts$/.test(file) || named.includes(file),
    );
    const used = reachableFrom(entries);
    const tested = reachableFrom(
      sources.filter((file) => file.endsWith('.spec.ts')).concat('test/support/setup.ts'),
    );
    const dead = sources.filter((file) => !used.has(file) && !(isSpec(file) && tested.has(file)));
    expect(dead).toEqual([]);
  });

  it('export nothing that nobody uses', () => {
    const taken = new Set(files.filter((file) => /\.(?:tsx?|mjs)$/.test(file)).flatMap(namesTaken));
    const unused = sources
      .filter((file) => /^(libs|apps)\//.test(file) && !isSpec(file))
      .flatMap((file) => exportedOnly(file).map((name) => ({ file, name })))
      .filter(({ name }) => !taken.has(name));
    expect(unused.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });

  it('leave nothing behind', () => {
    const leftovers: readonly [string, RegExp][] = [
      ['a test run alone', /\b(?:it|test|describe)\.only\b/],
      ['work put off', /\b(?:TODO|FIXME|XXX)\b/],
      [
        'an exception without a reason',
        /(?:eslint-disable(?:-next-line|-line)?(?![^\n]* -- )|@ts-(?:ignore|nocheck)|@ts-expect-error\s*$)/m,
      ],
    ];
    const found = files
      .filter((file) => file !== 'test/tidy.spec.ts')
      .filter((file) => /\.(?:[cm]?[jt]sx?|sql|css|html|sh)$/.test(file))
      .flatMap((file) =>
        leftovers.flatMap(([what, pattern]) => (pattern.test(read(file) ?? '') ? [`${file}: ${what}`] : [])),
      );
    expect(found).toEqual([]);
  });
});

describe('a folder', () => {
  const folderOf = (file: string): string => path.posix.dirname(file);
  const code = files.filter(
    (file) => /\.(?:tsx?|mjs)$/.test(file) && !/\.(?:spec|d|config)\.m?ts$/.test(file),
  );
  const line = /^\/\/ {3}([\w-]+\.(?:tsx?|mjs)) /gm;
  /** The comment at the head of one file, or a part of the folder's README. */
  const mapsOf = (folder: string, own: readonly string[]): readonly string[] => {
    const comments = own.map((file) => /^(?:\/\/.*\n)+/.exec(read(file) ?? '')?.[0] ?? '');
    const listed = /^## Files\n[\s\S]*?(?=^## )/m.exec(read(`${folder}/README.md`) ?? '')?.[0];
    return [...comments.filter((comment) => comment.match(line)), ...(listed === undefined ? [] : [listed])];
  };
  const mapped = [...new Set(code.map(folderOf))]
    .map((folder) => ({ folder, own: code.filter((file) => folderOf(file) === folder) }))
    .filter(
      ({ folder, own }) => own.length > 8 || mapsOf(folder, own).length > 0 || /^libs\/[^/]+$/.test(folder),
    );

  it.each(mapped)('$folder has one map of its files, and it is right', ({ folder, own }) => {
    const maps = mapsOf(folder, own);
    expect(maps).toHaveLength(1);
    const [map = ''] = maps;
    const missing = own
      .filter((file) => !starts.test(file))
      .map((file) => path.posix.basename(file))
      .filter((name) => !new RegExp(`(?<![\\w/-])${name.replace('.', '\\.')}\\b`).test(map));
    const invented = [...map.matchAll(line)].filter(([, name]) => !own.includes(`${folder}/${name}`));
    expect({ missing, invented: invented.map(([, name]) => name) }).toEqual({ missing: [], invented: [] });
  });
});

describe('prose', () => {
  it('links to what is there', () => {
    const broken = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        linksOf(file)
          .filter((link) => !leads(file, link))
          .map((link) => `${file}: ${link}`),
      );
    expect(broken).toEqual([]);
  });

  it('names every environment variable that is read, and no other', () => {
    const variables = (file: string): readonly string[] =>
      (read(file) ?? '').match(/\b(?:MUSTER|OTEL)_[A-Z_]*[A-Z]\b/g) ?? [];
    const code = sources.filter((file) => /^(apps|libs)\//.test(file) && !isSpec(file)).flatMap(variables);
    const told = ['README.md', 'CONTRIBUTING.md'].flatMap(variables);
    expect([...new Set(told)].toSorted()).toEqual([...new Set(code)].toSorted());
  });

  function linksOf(file: string): readonly string[] {
    const text = (read(file) ?? '').replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link));
  }

  function leads(from: string, link: string): boolean {
    const [target = '', anchor] = link.split('#');
    const file = target === '' ? from : path.posix.join(path.posix.dirname(from), target);
    const there = files.some(
      (each) => each === file || each.startsWith(file.endsWith('/') ? file : `${file}/`),
    );
    if (!there || anchor === undefined || !file.endsWith('.md')) return there;
    const headings = [...(read(file) ?? '').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
    return headings.includes(anchor);
  }
});

it('muster COMMAND knows each command of the program that asks a running Muster, and helps with it', () => {
  const commands = [...(read('apps/cli/command-line.ts') ?? '').matchAll(/^ {2}\['(\w+)', \w+\],$/gm)];
  const script = read('scripts/muster.mjs') ?? '';
  expect(commands.length).toBeGreaterThan(10);
  for (const [, name = ''] of commands) {
    expect(script).toContain(`\n  '${name}',\n`);
    expect(script).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
  }
});
