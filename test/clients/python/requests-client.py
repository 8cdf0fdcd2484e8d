"""Uploads with python3-requests, in the requests and with the headers that tus-py-client uses.

requests-client.py ENDPOINT FILE HOW: prints the upload's URL. HOW is "whole", "chunks", "checksum",
"metadata", "stream" (a body of unknown length) or "resume".
"""

import base64
import hashlib
import sys
from urllib.parse import urljoin

import requests

endpoint, path, how = sys.argv[1:]
with open(path, "rb") as file:
    content = file.read()
session = requests.Session()
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = 300_000


def encoded(metadata):
    """tus-py-client sends the header without any metadata, too: it is empty then."""
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    return ",".join(pairs)


def create(metadata):
    headers = {**TUS, "upload-length": str(len(content)), "upload-metadata": encoded(metadata)}
    made = session.post(endpoint, headers=headers)
    assert made.status_code == 201, (made.status_code, made.text)
    return urljoin(endpoint, made.headers["location"])


def offset_of(url):
    seen = session.head(url, headers=TUS)
    assert seen.status_code == 200, seen.status_code
    return int(seen.headers["upload-offset"])


def patch(url, offset, body, extra=()):
    headers = {
        **TUS,
        "upload-offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
        **dict(extra),
    }
    sent = session.patch(url, data=body, headers=headers)
    assert sent.status_code == 204, (sent.status_code, sent.text)
    return int(sent.headers["upload-offset"])


def in_chunks(url, extra=lambda chunk: ()):
    offset = offset_of(url)
    while offset < len(content):
        chunk = content[offset : offset + CHUNK]
        offset = patch(url, offset, chunk, extra(chunk))


def checksum_of(chunk):
    return {"upload-checksum": "sha1 " + base64.b64encode(hashlib.sha1(chunk).digest()).decode()}


upload = create({"filename": "Grüße.bin", "empty": ""} if how == "metadata" else {})
if how in ("whole", "metadata"):
    patch(upload, 0, content)
elif how == "chunks":
    in_chunks(upload)
elif how == "checksum":
    in_chunks(upload, checksum_of)
elif how == "stream":
    patch(upload, 0, (content[at : at + CHUNK] for at in range(0, len(content), CHUNK)))
elif how == "resume":
    patch(upload, 0, content[:CHUNK])
    session.close()
    in_chunks(upload)
else:
    sys.exit(f"what is {how}?")
assert offset_of(upload) == len(content)
assert session.get(upload).content == content
print(upload)
