"""Uploads with nothing but Python's http.client, as scripts do.

plain-client.py ENDPOINT FILE HOW: prints the upload's URL. HOW is "kept" (one connection), "closed"
(Connection: close each time), "http1.0" or "refused" (bodies that are not wanted come all the same).
"""

import http.client
import sys
from urllib.parse import urljoin, urlsplit

endpoint, path, how = sys.argv[1:]
with open(path, "rb") as file:
    content = file.read()
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
if how == "http1.0":
    http.client.HTTPConnection._http_vsn = 10
    http.client.HTTPConnection._http_vsn_str = "HTTP/1.0"
connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)


def ask(method, url, headers, body=None):
    more = {"Connection": "close"} if how in ("closed", "refused") else {}
    try:
        connection.request(method, urlsplit(url).path, body=body, headers={**headers, **more})
    except (BrokenPipeError, ConnectionResetError):
        pass  # The answer may have come before the end of the body.
    answer = connection.getresponse()
    received = answer.read()
    if how != "kept":
        connection.close()
    return answer, received


def must(status, answer):
    assert answer[0].status == status, (answer[0].status, answer[1])
    return answer


def create():
    made, _ = must(201, ask("POST", endpoint, {**TUS, "Upload-Length": str(len(content))}))
    return urljoin(endpoint, made.getheader("Location"))


upload = create()
if how == "refused":
    for _ in range(20):
        must(409, ask("PATCH", upload, {**BYTES, "Upload-Offset": "7"}, content))
        must(404, ask("PATCH", upload + "x", {**BYTES, "Upload-Offset": "0"}, content))
        must(415, ask("PATCH", upload, {**TUS, "Upload-Offset": "0"}, content))
        must(413, ask("POST", endpoint, {**BYTES, "Upload-Length": "1000000000000"}, content))
half = len(content) // 2
must(204, ask("PATCH", upload, {**BYTES, "Upload-Offset": "0"}, content[:half]))
seen, _ = must(200, ask("HEAD", upload, TUS))
assert seen.getheader("Upload-Offset") == str(half), seen.getheader("Upload-Offset")
must(204, ask("PATCH", upload, {**BYTES, "Upload-Offset": str(half)}, content[half:]))
_, stored = must(200, ask("GET", upload, {}))
assert stored == content
print(upload)
