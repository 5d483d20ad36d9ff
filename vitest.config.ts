import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What takes longest begins first: begun last, as its file is small, it would be waited for alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/chaos.spec.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { alias: [{ find: /^#(.*)$/, replacement: `${root}libs/$1.ts` }] },
  test: {
    include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'test/**/*.spec.ts'],
    globalSetup: './test/support/setup.ts',
    testTimeout: 90_000,
    hookTimeout: 240_000,
    // Files wait for processes, leases and time limits more than they work: on two cores two at a time left a third of them idle
    // (30 minutes), three do not (22); more would starve each other's processes.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
