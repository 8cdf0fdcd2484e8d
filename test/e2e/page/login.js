// It runs in a browser, whose types are not among this project's: tsconfig.json leaves it out.
// A page that logs in. The test gives it the functions `login` and `mayGo`.
import Uppy from '@uppy/core';
import UppyTus from '@uppy/tus';
import { Upload } from 'tus-js-client';

const CHUNK = 256 * 1024;

function fileOf(bytes) {
  const content = new Uint8Array(bytes).map((_, index) => index % 251);
  return new File([content], 'holiday.mov', { type: 'video/quicktime', lastModified: 1 });
}

/** As docs/access.md shows it: each request gets the login of the moment, and 401 is tried again. */
function optionsFor(endpoint) {
  let renew = false;
  let count = 0;
  return {
    endpoint,
    chunkSize: CHUNK,
    retryDelays: [0, 100, 100],
    onBeforeRequest: async (request) => {
      count += 1;
      await globalThis.mayGo(count);
      request.setHeader('Authorization', await globalThis.login(renew));
      renew = false;
    },
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      renew = status === 401;
      return renew || status === 409 || status === 423 || status >= 500 || status === 0;
    },
  };
}

function uploadWith(file, options, start = (upload) => upload.start()) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      ...options,
      onSuccess: () => resolve(upload.url),
      onError: reject,
    });
    Promise.resolve(start(upload, reject)).catch(reject);
  });
}

globalThis.upload = (client, endpoint, bytes) => {
  const file = fileOf(bytes);
  if (client === 'tus') return uploadWith(file, optionsFor(endpoint));
  return new Promise((resolve, reject) => {
    const uppy = new Uppy().use(UppyTus, optionsFor(endpoint));
    uppy.on('upload-success', (_file, { uploadURL }) => resolve(uploadURL));
    uppy.on('error', reject);
    uppy.addFile({ name: file.name, type: file.type, data: file });
    void uppy.upload();
  });
};

/** Stops after the second part, and goes on as after a reload: from what the browser has stored. */
globalThis.stopAndResume = async (endpoint, bytes) => {
  const file = fileOf(bytes);
  await new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      ...optionsFor(endpoint),
      onError: reject,
      onChunkComplete: (_size, sent) => {
        if (sent >= 2 * CHUNK) upload.abort().then(resolve, reject);
      },
    });
    upload.start();
  });
  return uploadWith(file, optionsFor(endpoint), async (upload) => {
    const [previous] = await upload.findPreviousUploads();
    if (!previous) throw new Error('nothing was stored');
    upload.resumeFromPreviousUpload(previous);
    upload.start();
  });
};
