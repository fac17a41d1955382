"""Puts a component into a registry on loopback, as an artifact of OCI: python push.py PORT FILE; prints its digest"""

import hashlib
import json
import sys
from urllib.parse import urljoin
from urllib.request import ProxyHandler, Request, build_opener

base = f"http://127.0.0.1:{sys.argv[1]}/v2/tools/numbers/"
opener = build_opener(ProxyHandler({}))


def push(blob):
    digest = "sha256:" + hashlib.sha256(blob).hexdigest()
    begun = opener.open(Request(base + "blobs/uploads/", method="POST"))
    place = urljoin(base, begun.headers["location"]) + "&digest=" + digest
    opener.open(Request(place, blob, {"content-type": "application/octet-stream"}, method="PUT"))
    return {"digest": digest, "size": len(blob)}


with open(sys.argv[2], "rb") as file:
    layer = push(file.read())
config = push(b"{}")
kind = "application/vnd.oci.image.manifest.v1+json"
manifest = json.dumps({
    "schemaVersion": 2,
    "mediaType": kind,
    "config": {"mediaType": "application/vnd.wasm.config.v0+json", **config},
    "layers": [{"mediaType": "application/wasm", **layer}],
}).encode()
opener.open(Request(base + "manifests/1", manifest, {"content-type": kind}, method="PUT"))
print(hashlib.sha256(manifest).hexdigest())
