// It runs in a browser, whose types are not among this project's: tsconfig.json leaves it out.
// The page of a web application: chooses a file, uploads it, pauses, and goes on after a reload.
const { tus } = window;
const endpoint = new URLSearchParams(location.search).get('endpoint');
const bar = document.querySelector('#bar');
const input = document.querySelector('#file');
const button = document.querySelector('#pause');
const state = document.querySelector('#state');

const say = (text) => {
  state.textContent = text;
};

input.addEventListener('change', async () => {
  const file = input.files?.[0];
  const upload = new tus.Upload(file, {
    endpoint,
    chunkSize: 4 * 1024 * 1024,
    retryDelays: null,
    metadata: { filename: file?.name, filetype: file?.type },
    onProgress: (sent, total) => {
      bar.value = sent / total;
      say(`uploading ${sent} of ${total}`);
    },
    onSuccess: () => say(`finished ${upload.url}`),
    onError: (error) => {
      const status = error.originalResponse?.getStatus();
      say(
        `failed ${status ? `with ${status}: ${error.originalResponse.getBody()}` : error.message}`,
      );
    },
  });
  button.onclick = async () => {
    await upload.abort();
    say(`paused ${upload.url}`);
  };
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  upload.start();
});
