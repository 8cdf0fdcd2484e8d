// It runs in a browser, whose types are not among this project's: tsconfig.json leaves it out.
// The page of a web application with Uppy, which goes on by itself after a reload.
import Uppy from '@uppy/core';
import GoldenRetriever from '@uppy/golden-retriever';
import Tus from '@uppy/tus';

const endpoint = new URLSearchParams(location.search).get('endpoint');
const state = document.querySelector('#state');

const say = (text) => {
  state.textContent = text;
};

const uppy = new Uppy({ autoProceed: true })
  .use(Tus, { endpoint, chunkSize: 1024 * 1024, retryDelays: [0, 500, 1000] })
  .use(GoldenRetriever);

uppy.on('upload-progress', (_file, { bytesUploaded, bytesTotal }) => {
  if (bytesUploaded > 0) say(`uploading ${bytesUploaded} of ${bytesTotal}`);
});
uppy.on('upload-success', (_file, { uploadURL }) => say(`finished ${uploadURL}`));
uppy.on('upload-error', (_file, error) => say(`failed ${error.message}`));
uppy.on('restored', () => {
  if (uppy.getFiles().length > 0) uppy.emit('restore-confirmed');
});

document.querySelector('#file').addEventListener('change', ({ target }) => {
  const [file] = target.files;
  uppy.addFile({ name: file.name, type: file.type, data: file });
});
