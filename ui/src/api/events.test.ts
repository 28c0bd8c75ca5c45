import { expect, test } from 'vitest';
import { takeEvents } from './events';

test('whole events are taken and the rest is kept', () => {
  const { events, rest } = takeEvents('event: log\ndata: {"a":1}\n\nevent: end\nda');
  expect(events).toEqual([{ event: 'log', data: '{"a":1}' }]);
  expect(rest).toBe('event: end\nda');
});

test('keep-alives and comments are no events', () => {
  expect(takeEvents(':\n\n: ping\n\n').events).toEqual([]);
});

test('data of several lines is one text', () => {
  expect(takeEvents('data: a\ndata: b\r\n\r\n').events).toEqual([{ event: 'message', data: 'a\nb' }]);
});
