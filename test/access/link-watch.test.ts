import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { LinkWatch } from '../../src/access/links/link-watch.ts';

function responseOf(destroyed: boolean) {
  return Object.assign(new EventEmitter(), { destroyed }) as never;
}

test('a link is watched while a request of it runs, and not for a client that has gone away', () => {
  const watch = new LinkWatch(async () => undefined);
  const response = new EventEmitter() as EventEmitter & { destroyed: boolean };
  response.destroyed = false;
  watch.add('one', {} as never, response as never);
  watch.add('two', {} as never, responseOf(true));
  assert.equal(watch.size, 1);
  response.emit('close');
  assert.equal(watch.size, 0);
  watch.stop();
});
