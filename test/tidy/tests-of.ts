// What vitest runs of a file: not what stands in a comment, in a list of cases or over a group, and nothing that is skipped.
import ts from 'typescript';

/** Titles of tests as they are written; of a table in the same file also with each row's name in the place of `%s`. */
export function testsIn(text: string): readonly string[] {
  const file = ts.createSourceFile('', text, ts.ScriptTarget.Latest, true);
  const lists = listsIn(file);
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    const words = ts.isCallExpression(node) ? wordsOf(node.expression) : [];
    if (words.some((word) => notRun.includes(word)) || hasNotRunOption(node)) return;
    if (ts.isCallExpression(node) && ['it', 'test'].includes(words[0] ?? '')) {
      const names = rowsOf(node.expression, lists);
      const title = titleOf(node);
      if (title !== null && names?.length !== 0)
        found.push(title, ...(names ?? []).map((name) => title.replace('%s', () => name)));
    }
    ts.forEachChild(node, look);
  };
  look(file);
  return found;
}

const notRun: readonly string[] = ['skip', 'todo', 'fails'];

/** `it.concurrent.each(rows)` as it, concurrent, each; to skip always is to skip. */
function wordsOf(callee: ts.Expression): readonly string[] {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) return [...wordsOf(callee.expression), callee.name.text];
  if (ts.isTaggedTemplateExpression(callee)) return wordsOf(callee.tag);
  if (!ts.isCallExpression(callee)) return [];
  const words = wordsOf(callee.expression);
  const never = { skipIf: ts.SyntaxKind.TrueKeyword, runIf: ts.SyntaxKind.FalseKeyword };
  const condition = callee.arguments[0]?.kind;
  return Object.entries(never).some(([word, always]) => words.at(-1) === word && condition === always)
    ? [...words, 'skip']
    : words;
}

/** As `it('…', { skip: true }, …)` has it. */
const hasNotRunOption = (node: ts.Node): boolean =>
  ts.isCallExpression(node) &&
  ['it', 'test', 'describe'].includes(wordsOf(node.expression)[0] ?? '') &&
  node.arguments
    .slice(1, 2)
    .filter(ts.isObjectLiteralExpression)
    .some(({ properties }) =>
      properties.some(({ name }) => name !== undefined && notRun.includes(name.getText())),
    );

/** Null: a call that makes no test, or one that has nothing to run. */
function titleOf({ arguments: [title, ...others] }: ts.CallExpression): string | null {
  const runs = others.some((other) => !ts.isObjectLiteralExpression(other));
  if (!title || !runs) return null;
  if (ts.isStringLiteralLike(title)) return title.text;
  return ts.isTemplateExpression(title) ? title.getText().slice(1, -1) : null;
}

/** Names of the rows that a test is run with; null: with none, or they are not to be read here. */
function rowsOf(callee: ts.Expression, lists: Lists): readonly string[] | null {
  if (!ts.isCallExpression(callee) || !['each', 'for'].includes(wordsOf(callee).at(-1) ?? '')) return null;
  const [table] = callee.arguments;
  const list = table && (ts.isIdentifier(table) ? lists.get(table.text) : listIn(table));
  return list?.elements.map((row) => nameOf(row)) ?? null;
}

function nameOf(row: ts.Expression): string {
  const first = ts.isArrayLiteralExpression(row) ? row.elements[0] : row;
  return first && ts.isStringLiteralLike(first) ? first.text : '%s';
}

type Lists = ReadonlyMap<string, ts.ArrayLiteralExpression>;

/** By the names of their constants. */
function listsIn(file: ts.SourceFile): Lists {
  const lists = new Map<string, ts.ArrayLiteralExpression>();
  const look = (node: ts.Node): void => {
    const list = ts.isVariableDeclaration(node) && node.initializer ? listIn(node.initializer) : undefined;
    if (list && ts.isVariableDeclaration(node)) lists.set(node.name.getText(), list);
    ts.forEachChild(node, look);
  };
  look(file);
  return lists;
}

function listIn(of: ts.Expression): ts.ArrayLiteralExpression | undefined {
  if (ts.isAsExpression(of) || ts.isSatisfiesExpression(of)) return listIn(of.expression);
  return ts.isArrayLiteralExpression(of) ? of : undefined;
}
