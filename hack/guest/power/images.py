"""The images of hack/guest/power-cuts: archives, and what must come of them, both made from the same calls.

What a layer is like unpacked is worked out here, entry by entry, and never read from a store.
"""

import gzip
import hashlib
import io
import json
import os
import random
import tarfile

KIND = "application/vnd.oci.image."
OPAQUE = "trusted.overlay.opaque"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layer:
    """An archive, and `tree`: for each path what store.tree() must find there; a time that nothing says is None."""

    def __init__(self):
        self.bytes = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.bytes, mode="w", format=tarfile.PAX_FORMAT)
        self.tree = {".": self.entry("directory", 0o755, 0, mtime=0)}

    @staticmethod
    def entry(kind, mode, owner, **more):
        return {"kind": kind, "mode": mode, "owner": [owner, owner], "attributes": {}, **more}

    def write(self, name, kind, data=b"", mode=0o644, owner=0, link="", attributes=None):
        header = tarfile.TarInfo(name)
        header.type, header.mode, header.uid, header.gid, header.linkname = kind, mode, owner, owner, link
        header.size, header.mtime = len(data), 1_600_000_000 + len(name)
        for key, value in (attributes or {}).items():
            header.pax_headers["SCHILY.xattr." + key] = value
        self.tar.addfile(header, io.BytesIO(data))
        # Directories without an entry of their own.
        parent = os.path.dirname(name)
        while parent:
            self.tree.setdefault(parent, self.entry("directory", 0o755, 0, mtime=None))
            parent = os.path.dirname(parent)
        return header.mtime * 10**9

    def directory(self, name, mode=0o755, owner=0):
        self.tree[name] = self.entry("directory", mode, owner, mtime=self.write(name, tarfile.DIRTYPE, mode=mode, owner=owner))

    def file(self, name, data, mode=0o644, owner=0, attributes=None):
        mtime = self.write(name, tarfile.REGTYPE, data, mode, owner, attributes=attributes)
        self.tree[name] = self.entry("file", mode, owner, mtime=mtime, digest=sha256(data), size=len(data), names=[name])
        self.tree[name]["attributes"] = {key: value.encode().hex() for key, value in (attributes or {}).items()}

    def symbolic_link(self, name, target):
        mtime = self.write(name, tarfile.SYMTYPE, link=target, mode=0o777)
        self.tree[name] = self.entry("link", 0o777, 0, mtime=mtime, target=target)

    def hard_link(self, name, other):
        self.write(name, tarfile.LNKTYPE, link=other)
        self.tree[name] = self.tree[other]
        self.tree[name]["names"] = sorted(self.tree[name]["names"] + [name])

    def removal(self, name):
        self.write(os.path.join(os.path.dirname(name), ".wh." + os.path.basename(name)), tarfile.REGTYPE)
        self.tree[name] = self.entry("removal", 0, 0)

    def hide(self, name):
        """Nothing is seen of what lower layers have in the directory."""
        self.write(name + "/.wh..wh..opq", tarfile.REGTYPE)
        self.tree[name]["attributes"][OPAQUE] = b"y".hex()

    def files(self, top, folders, each, content, largest):
        for folder in range(folders):
            self.directory(f"{top}/{folder}", mode=0o750, owner=1000 + folder)
            for number in range(each):
                data = content.randbytes(content.randrange(1, largest))
                mode = content.choice((0o600, 0o644, 0o755, 0o4755))
                self.file(f"{top}/{folder}/{number}", data, mode, content.randrange(3))

    def finish(self, packed=True):
        self.tar.close()
        plain = self.bytes.getvalue()
        self.diff_id = sha256(plain)
        self.blob = gzip.compress(plain, 1, mtime=0) if packed else plain
        self.digest = sha256(self.blob)
        self.kind = KIND + ("layer.v1.tar+gzip" if packed else "layer.v1.tar")
        # Those without an entry of their own; here that is always so of the root.
        self.implied = {path for path, entry in self.tree.items() if path == "." or entry.get("mtime", 0) is None}
        return self


class Image:
    def __init__(self, *layers, inherited=None):
        self.layers = layers
        self.configuration = json.dumps({
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine], "os": "linux",
            "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }).encode()
        self.manifest = json.dumps({
            "schemaVersion": 2, "mediaType": KIND + "manifest.v1+json",
            "config": self.descriptor(self.configuration, KIND + "config.v1+json"),
            "layers": [self.descriptor(layer.blob, layer.kind) for layer in layers],
        }).encode()
        self.digest = sha256(self.manifest)
        # The directory that the store adds where a layer says nothing of a directory and a lower one does.
        self.inherited_digest = sha256("\n".join(["inherited directories", *(layer.digest for layer in layers)]).encode())
        self.inherited = inherited

    @staticmethod
    def descriptor(data, kind):
        return {"mediaType": kind, "digest": sha256(data), "size": len(data)}

    def trees(self):
        """Digest, diffID, tree and implied directories of each layer that the store has of it."""
        for layer in self.layers:
            yield layer.digest, layer.diff_id, layer.tree, layer.implied
        if self.inherited:
            yield self.inherited_digest, self.inherited_digest, self.inherited, set()

    def files_below(self, *folders):
        """How many regular files a container sees there."""
        seen = set()
        for layer in self.layers:
            for path, entry in layer.tree.items():
                if OPAQUE in entry["attributes"]:
                    seen = {other for other in seen if not other.startswith(path + "/")}
            for path, entry in layer.tree.items():
                seen.discard(path)
                if entry["kind"] == "file" and path.split("/")[0] in folders:
                    seen.add(path)
        return len(seen)

    def archive(self, path):
        """An OCI image layout in a tar archive."""
        with tarfile.open(path, "w") as tar:
            def add(name, data):
                header = tarfile.TarInfo(name)
                header.size = len(data)
                tar.addfile(header, io.BytesIO(data))
            for data in (self.manifest, self.configuration, *(layer.blob for layer in self.layers)):
                add("blobs/" + sha256(data).replace(":", "/"), data)
            add("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
            add("index.json", json.dumps({
                "schemaVersion": 2, "manifests": [self.descriptor(self.manifest, KIND + "manifest.v1+json")],
            }).encode())


def images(busybox):
    """What a tag means at first, what it means later, and two to load and to import. They share layers."""
    content = random.Random(3)
    base = Layer()
    for name in ("bin", "etc", "dev", "proc", "sys"):
        base.directory(name)
    base.directory("tmp", mode=0o1777)
    with open(busybox, "rb") as file:
        base.file("bin/busybox", file.read(), mode=0o755)
    for applet in ("sh", "cat", "find", "wc"):
        base.symbolic_link(f"bin/{applet}", "/bin/busybox")

    few = Layer()
    few.directory("few", mode=0o700, owner=7)
    few.files("few", 2, 20, content, 7000)
    few.file("few/gone", b"a later layer removes this")
    few.file("few/hidden/file", b"a later layer hides this", owner=5)

    many = Layer()
    many.directory("many")
    many.files("many", 6, 40, content, 4000)
    many.removal("few/gone")
    many.directory("few/hidden", mode=0o711, owner=8)
    many.hide("few/hidden")
    many.file("tmp/file", b"in a directory that the lowest layer describes")
    for number in range(20):
        many.hard_link(f"many/link-{number}", f"many/0/{number}")
        many.file(f"many/named-{number}", b"x" * number, attributes={"user.number": str(number)})
    many.file("many/large", content.randbytes(1_500_000))

    other = Layer()
    other.directory("other")
    other.files("other", 2, 30, content, 4000)
    other.file("few/1/new", b"new")

    loaded = Layer()
    loaded.files("loaded", 2, 30, content, 4000)

    imported = Layer()
    imported.files("imported", 1, 30, content, 4000)

    base.finish(packed=False)
    imported.finish(packed=False)
    for layer in (few, many, other, loaded):
        layer.finish()

    top = {".": base.tree["."], "few": few.tree["few"]}
    first = Image(base, few, many, inherited={**top, "tmp": base.tree["tmp"]})
    later = Image(base, few, other, inherited={**top, "few/1": few.tree["few/1"]})
    return first, later, Image(base, loaded), Image(imported)
