import type { Checks } from '../check.ts';
import { expect, expectRefused, expectSame, expectStatus, pass } from '../outcome.ts';
import type { Target } from '../target.ts';
import { append, ask, begin, create, head, locationOf, needs, sample } from '../tus.ts';

const TEN = { 'Upload-Length': '10' };

/** Header bytes as UTF-8: the wire sends strings as latin1. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

async function refusesMetadata(t: Target, values: string[]): Promise<void> {
  await needs(t, 'creation');
  for (const value of values) {
    const reply = await create(t, { ...TEN, 'Upload-Metadata': value });
    if (reply.status === 201) locationOf(t, reply);
    expectRefused(reply, `POST with Upload-Metadata "${value}"`);
  }
}

/** Creates with this metadata and gives what HEAD tells. */
async function told(t: Target, metadata: string): Promise<string | undefined> {
  await needs(t, 'creation');
  const reply = await create(t, { ...TEN, 'Upload-Metadata': metadata });
  expectStatus(reply, [201], `POST with Upload-Metadata "${metadata}"`);
  return (await head(t, locationOf(t, reply))).headers.get('upload-metadata');
}

/** The keys of an Upload-Metadata header. */
function keysOf(metadata: string | undefined): string[] {
  return (metadata ?? '').split(',').map((pair) => pair.trim().split(' ')[0] ?? '');
}

export const metadataChecks: Checks = {
  async CR05(t) {
    await needs(t, 'creation');
    // Clients send an empty header, and intermediaries join lines with a comma and a space.
    for (const value of ['', ',', 'a YQ==,', ',a YQ==', 'a YQ==, b Yg==', 'a YQ==,,b Yg==']) {
      const reply = await create(t, { ...TEN, 'Upload-Metadata': value });
      if (reply.status !== 201) {
        expectRefused(reply, `POST with Upload-Metadata "${value}"`);
        continue;
      }
      const kept = (await head(t, locationOf(t, reply))).headers.get('upload-metadata');
      const wanted = keysOf(value).filter((key) => key !== '');
      const keys = keysOf(kept).filter((key) => key !== '');
      expectSame(keys.join(), wanted.join(), `keys that HEAD returns for "${value}"`);
    }
    for (const value of ['a YQ==', 'a YQ==,b Yg==', 'a YQ==,b Yg==,c Yw==']) {
      const count = keysOf(await told(t, value)).length;
      expectSame(count, keysOf(value).length, `pairs that HEAD returns for "${value}"`);
    }
    return pass;
  },

  async CR06(t) {
    await refusesMetadata(t, ['a  dQ==', 'b YQ==,a  dQ==']);
    return pass;
  },

  async CR07(t) {
    await refusesMetadata(t, ['a b dQ==', 'a dQ== b']);
    return pass;
  },

  async CR08(t) {
    await refusesMetadata(t, ['a dQ==, dQ==']);
    return pass;
  },

  async CR09(t) {
    await needs(t, 'creation');
    const value = utf8('ü dQ==');
    const reply = await create(t, { ...TEN, 'Upload-Metadata': value });
    if (reply.status !== 201) {
      expectRefused(reply, 'POST with a metadata key outside ASCII');
      return pass;
    }
    const kept = (await head(t, locationOf(t, reply))).headers.get('upload-metadata');
    expectSame(kept, value, 'Upload-Metadata of HEAD with a key outside ASCII');
    return pass;
  },

  async CR10(t) {
    await refusesMetadata(t, ['a !!!', 'a dQ', 'a dQ=', 'a dQ==dQ==', 'a d-_=']);
    return pass;
  },

  async CR11(t) {
    await refusesMetadata(t, ['a dQ==,a dQ==', 'a dQ==,b YQ==,a YQ==']);
    // Keys that a JavaScript object has by itself are as good as any.
    for (const key of ['constructor', '__proto__', 'toString']) {
      const kept = await told(t, `${key} dQ==`);
      expect(keysOf(kept).includes(key), `HEAD does not tell the metadata key ${key}`);
    }
    return pass;
  },

  async CR12(t) {
    for (const value of ['name dQ==,empty ,bare', 'empty ']) {
      const keys = keysOf(await told(t, value));
      expect(
        keys.includes('empty'),
        `HEAD does not tell the key with an empty value of "${value}"`,
      );
    }
    return pass;
  },

  async CR13(t) {
    const keys = keysOf(await told(t, 'is_confidential,name dQ=='));
    expect(keys.includes('is_confidential'), 'HEAD does not tell the key without a value');
    // A key may contain whatever is no space and no comma.
    const odd = keysOf(await told(t, 'a=b'));
    expect(odd.includes('a=b'), 'HEAD does not tell the key "a=b"');
    return pass;
  },

  async CR14(t) {
    await needs(t, 'creation');
    const hostile = [
      Buffer.from('a\r\nX-Injected: yes\r\n\r\nb'),
      Buffer.from('a\0b\x7f\x1b[31m.txt'),
      Buffer.from([0xff, 0xfe, 0x22, 0x5c, 0x0a]),
      Buffer.from("../../../../tmp/x\"; filename*=UTF-8''y"),
    ];
    for (const bytes of hostile) {
      const value = bytes.toString('base64');
      const metadata = { 'Upload-Metadata': `filename ${value},filetype ${value}` };
      const reply = await create(t, { ...TEN, ...metadata });
      if (reply.status !== 201) {
        expectRefused(reply, `POST with a filename of ${JSON.stringify(bytes.toString('latin1'))}`);
        continue;
      }
      const url = locationOf(t, reply);
      await append(t, url, 0, sample(10));
      const headed = await head(t, url);
      expectStatus(headed, [200, 204], 'HEAD of an upload with a hostile filename');
      // GET is no part of tus, but where it is there, this is what puts names into headers.
      const got = await ask(t, 'GET', url);
      expect(got.status < 500, `GET of an upload with a hostile filename: got ${got.status}`);
      for (const { headers } of [reply, headed, got]) {
        expect(!headers.has('x-injected'), 'a line break in a filename became a header');
      }
    }
    return pass;
  },

  async CR23(t) {
    const url = await begin(t, TEN);
    const without = (await head(t, url)).headers.get('upload-metadata');
    expect(
      without === undefined || without === '',
      `Upload-Metadata of an upload without: expected none, got "${without}"`,
    );
    return pass;
  },

  async CR24(t) {
    const values = [
      'filename d29ybGQucGRm,is_confidential',
      // Not text in any encoding.
      'bin /w==',
      'z YQ==,a Yg==,m Yw==',
      'bin AAECA/79/g==,Name dQ==,name dg==,bare',
    ];
    for (const value of values) {
      expectSame(await told(t, value), value, 'Upload-Metadata of HEAD');
    }
    return pass;
  },
};
