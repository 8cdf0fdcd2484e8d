import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from '../../src/hooks/answer.ts';
import { ClientAnswer } from '../../src/hooks/client-answer.ts';

function answerOf(json: unknown) {
  const read = readAnswer(JSON.stringify(json));
  assert.ok('answer' in read, JSON.stringify(read));
  return read.answer;
}

function problemOf(json: unknown): string {
  const read = readAnswer(typeof json === 'string' ? json : JSON.stringify(json));
  assert.ok('problem' in read, 'this is an answer');
  return read.problem;
}

test('an empty answer, null and an empty object have no objection', () => {
  for (const text of ['', ' \n', 'null', '{}']) {
    const read = readAnswer(text);
    assert.ok('answer' in read, text);
    const { rejectUpload, stopUpload, rejectTermination, id, metadata } = read.answer;
    assert.deepEqual(
      [rejectUpload, stopUpload, rejectTermination, id, metadata],
      [false, false, false, null, null],
    );
  }
});

test('an answer in the notation of tusd is understood', () => {
  const answer = answerOf({
    HTTPResponse: { StatusCode: 403, Body: 'no', Header: { 'X-Why': 'because' } },
    RejectTermination: true,
    StopUpload: true,
    ChangeFileInfo: { ID: 'my-id', MetaData: { filename: 'ä.txt' } },
  });
  assert.equal(answer.rejectTermination, true);
  assert.equal(answer.stopUpload, true);
  assert.equal(answer.id, 'my-id');
  assert.deepEqual(answer.metadata, { text: 'filename w6QudHh0' });
  assert.deepEqual(answer.response, { status: 403, body: 'no', headers: [['X-Why', 'because']] });
});

test('keys count in any case, as they do in Go, and the exact one first', () => {
  assert.equal(answerOf({ rejectupload: true }).rejectUpload, true);
  const twice = { httpResponse: { statusCode: 401 }, HTTPResponse: { statuscode: 402 } };
  assert.equal(answerOf(twice).response.status, 402);
});

test('metadata that is empty removes all of it, and null leaves it', () => {
  assert.deepEqual(answerOf({ ChangeFileInfo: { MetaData: {} } }).metadata, { text: null });
  assert.equal(answerOf({ ChangeFileInfo: { MetaData: null } }).metadata, null);
});

test('an answer that cannot be used is explained in a sentence', () => {
  assert.equal(problemOf('{"RejectUpload":'), 'its answer is not JSON');
  assert.equal(problemOf('<html>'), 'its answer is not JSON');
  assert.equal(problemOf([]), 'its answer is not an object');
  assert.match(problemOf({ RejectUpload: 'yes' }), /RejectUpload that is neither true nor false/);
  assert.match(problemOf({ HTTPResponse: 'no' }), /HTTPResponse that is not an object/);
  assert.match(problemOf({ HTTPResponse: { StatusCode: 4.5 } }), /not a whole number/);
  assert.match(problemOf({ HTTPResponse: { Body: {} } }), /Body that is not text/);
  assert.match(
    problemOf({ HTTPResponse: { Header: { a: ['b'] } } }),
    /Header with "a" that is not/,
  );
  assert.match(problemOf({ ChangeFileInfo: { ID: '../../etc/passwd' } }), /cannot be a file name/);
  assert.match(problemOf({ ChangeFileInfo: { MetaData: { 'a b': 'x' } } }), /not plain ASCII/);
  const large = { ChangeFileInfo: { MetaData: { a: 'x'.repeat(20_000) } } };
  assert.match(problemOf(large), /more than 16384 characters/);
});

test('a refusal counts however odd the rest of the answer is', () => {
  const answer = answerOf({ RejectUpload: true, ChangeFileInfo: { ID: '../..' } });
  assert.equal(answer.rejectUpload, true);
});

test('a later answer overrides an earlier one, header by header', () => {
  const told = new ClientAnswer();
  const first = { StatusCode: 201, Body: 'one', Header: { 'X-A': '1', 'X-B': '1' } };
  told.add(answerOf({ HTTPResponse: first }).response);
  told.add(answerOf({ HTTPResponse: { Body: 'two', Header: { 'x-b': '2' } } }).response);
  assert.deepEqual(told.answer, { status: 201, body: 'two', headers: { 'X-A': '1', 'x-b': '2' } });
  assert.equal(new ClientAnswer().answer, undefined);
});

test('what cannot be sent to a client is left out, with a warning', () => {
  const told = new ClientAnswer();
  const left = told.add(
    answerOf({
      HTTPResponse: {
        StatusCode: 99,
        Header: {
          'X-Split': 'a\r\nSet-Cookie: b',
          'bad name': 'x',
          'Transfer-Encoding': 'chunked',
          'Content-Length': '7',
          'X-Fine': 'yes',
        },
      },
    }).response,
  );
  assert.deepEqual(told.answer, { headers: { 'X-Fine': 'yes' } });
  assert.equal(left.length, 5);
  assert.match(left.join('\n'), /status 99/);
  assert.match(left.join('\n'), /X-Split/);
});
