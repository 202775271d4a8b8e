"""A registry on loopback for hack/guest/power-cuts, which remembers what it was asked."""

import http.server
import re
import threading
import time

from images import KIND, sha256

CHUNK = 64 << 10


class Registry:
    """Serves one tag, `tag`, of one repository, with all that belongs to any of the images."""

    def __init__(self, images):
        self.blobs = {}
        for image in images:
            self.blobs.update({sha256(data): data for data in (image.configuration, *(layer.blob for layer in image.layers))})
        self.manifests = {image.digest: image.manifest for image in images}
        self.image = images[0]
        self.asked = []  # digest and first byte of each request for a blob
        self.sent = {}  # how much of each blob was ever handed over
        self.pause = 0  # seconds between chunks
        self.changed = threading.Condition()
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                registry.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.name = f"127.0.0.1:{self.server.server_address[1]}/power/cuts:1"

    def answer(self, request):
        found = re.fullmatch(r"/v2/power/cuts/(manifests|blobs)/(.+)", request.path)
        if request.path == "/v2/":
            self.send(request, 200, "application/json", b"{}")
        elif found and found[1] == "manifests" and (found[2] == "1" or found[2] in self.manifests):
            digest = self.image.digest if found[2] == "1" else found[2]
            self.send(request, 200, KIND + "manifest.v1+json", self.manifests[digest], {"Docker-Content-Digest": digest})
        elif found and found[1] == "blobs" and found[2] in self.blobs:
            data, first = self.blobs[found[2]], 0
            part = re.fullmatch(r"bytes=(\d+)-\d*", request.headers.get("Range", ""))
            if part and int(part[1]) < len(data):
                first = int(part[1])
            self.asked.append((found[2], first))
            where = {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if first else {}
            self.send(request, 206 if first else 200, "application/octet-stream", data[first:], where, found[2])
        else:
            self.send(request, 404, "application/json", b'{"errors": [{"code": "NAME_UNKNOWN"}]}')

    def send(self, request, status, kind, data, headers=None, blob=None):
        try:
            request.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
                request.send_header(name, value)
            request.end_headers()
            for start in range(0, len(data) if request.command == "GET" else 0, CHUNK):
                request.wfile.write(data[start:start + CHUNK])
                if blob is not None:
                    with self.changed:
                        self.sent[blob] = self.sent.get(blob, 0) + len(data[start:start + CHUNK])
                        self.changed.notify_all()
                    time.sleep(self.pause)
        except (BrokenPipeError, ConnectionResetError):
            request.close_connection = True  # whoever asked was killed

    def wait_until_sent(self, digest, count, seconds):
        """Whether so much of a blob was handed over in time."""
        with self.changed:
            return self.changed.wait_for(lambda: self.sent.get(digest, 0) >= count, seconds)
