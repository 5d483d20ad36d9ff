import { expect, it } from 'vitest';
import { Turns, type Priority } from '#store/turns';

it('gives the urgent their turn first, starves nobody and forgets nobody', async () => {
  const turns = new Turns();
  const first = await turns.take('service');
  const order: Priority[] = [];
  const wanted: readonly Priority[] = [
    ...Array<Priority>(3).fill('page'),
    ...Array<Priority>(12).fill('service'),
    ...Array<Priority>(12).fill('gateway'),
  ];
  const taken = wanted.map(async (priority) => {
    const done = await turns.take(priority);
    order.push(priority);
    done();
    done();
  });
  first();
  await Promise.all(taken);
  expect(order).toHaveLength(wanted.length);
  expect(order.slice(0, 7)).toEqual(Array(7).fill('gateway'));
  expect(order[7]).toBe('page');
  expect(order.lastIndexOf('gateway')).toBeLessThan(order.lastIndexOf('service'));
});

it('hears who comes by the network between two turns, though others wait', async () => {
  const turns = new Turns();
  const order: Priority[] = [];
  const run = async (priority: Priority) => {
    const done = await turns.take(priority);
    order.push(priority);
    done();
  };
  const first = await turns.take('service');
  const backlog = [run('service'), run('service')];
  // As the answer to a socket: the event loop has to go round before it is known.
  const device = new Promise((resolve) => setImmediate(resolve)).then(() => run('gateway'));
  first();
  await Promise.all([...backlog, device]);
  expect(order).toEqual(['gateway', 'service', 'service']);
});
