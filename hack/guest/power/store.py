"""Reads an image store, file by file, for hack/guest/power-cuts: what the agent says of its store is no proof."""

import hashlib
import json
import os
import stat


def short_name(digest):
    """The name of a layer's directory: the first 100 bits of its digest in base 32."""
    number = int(digest.split(":")[1][:25], 16)
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[number >> 95 - 5 * index & 31] for index in range(20))


def tree(top):
    """Every entry of a layer, with all that a container could see of it."""
    found, names = {}, {}
    for folder, folders, files in os.walk(top, onerror=fail):
        for name in ["."] * (folder == top) + files + folders:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            entry = {
                "kind": stat.S_IFMT(status.st_mode), "mode": stat.S_IMODE(status.st_mode),
                "owner": [status.st_uid, status.st_gid], "mtime": status.st_mtime_ns,
            }
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    entry["digest"] = "sha256:" + hashlib.sha256(file.read()).hexdigest()
                others = names.setdefault(status.st_ino, [])
                others.append(os.path.relpath(path, top))
                entry.update(kind="file", size=status.st_size, names=others)
            elif stat.S_ISDIR(status.st_mode):
                entry["kind"] = "directory"
            elif stat.S_ISLNK(status.st_mode):
                entry.update(kind="link", target=os.readlink(path))
            elif stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
                entry["kind"] = "removal"
            attributes = os.listxattr(path, follow_symlinks=False)
            entry["attributes"] = {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in attributes}
            found[os.path.relpath(path, top)] = entry
    for others in names.values():
        others.sort()
    return found


def fail(error):
    raise error


def difference(found, expected):
    """The first thing in which two entries differ; None if they do not. A time of None is anybody's."""
    if found is None or expected is None:
        return "is missing" if found is None else "should not be there"
    for key, value in expected.items():
        if found.get(key) != value and not (key == "mtime" and value is None):
            return f"has {key} {found.get(key)}, expected {value}"
    return None


class Store:
    """The store as its files are. `problems` says what is wrong with it."""

    def __init__(self, path, images):
        self.path = path
        self.problems = []
        self.expected = {digest: more for image in images for digest, *more in image.trees()}
        self.layers = self.complete_layers()
        # The beginnings that interrupted downloads left.
        self.partials = {"sha256:" + name: self.read("partial", name) for name in self.names_in("partial")}
        for name in self.names_in("blobs/sha256"):
            self.document("sha256:" + name)
        self.names = {}
        for file in self.names_in("names"):
            self.check_name(file)

    def names_in(self, folder):
        # A store that was just being made may lack any of its folders.
        try:
            return sorted(os.listdir(os.path.join(self.path, folder)))
        except FileNotFoundError:
            return []

    def read(self, *path):
        with open(os.path.join(self.path, *path), "rb") as file:
            return file.read()

    def complete_layers(self):
        """The digests of the layers that have their names; each must be complete."""
        digests = {short_name(digest): digest for digest in self.expected}
        layers = set()
        for name in self.names_in("layers"):
            try:
                digest = digests[name]
                self.check_layer(name, digest)
                layers.add(digest)
            except (OSError, ValueError, KeyError) as error:
                self.problems.append(f"layer {name}: {type(error).__name__} {error}")
        return layers

    def check_layer(self, name, digest):
        diff_id, should, unnamed = self.expected[digest]
        record = json.loads(self.read("records", name))
        if (record["digest"], record["diffID"]) != (digest, diff_id):
            self.problems.append(f"layer {name}: its record is {record}, expected digest {digest} and diffID {diff_id}")
        implied = {path.decode() or "." for path in self.read("implied", name).split(b"\0")[:-1]}
        if implied != unnamed:
            self.problems.append(f"layer {name}: directories without entry are {implied}, expected {unnamed}")
        found = tree(os.path.join(self.path, "layers", name))
        wrong = {}
        for path in sorted(found.keys() | should.keys()):
            if (what := difference(found.get(path), should.get(path))) is not None:
                wrong[path] = what
        if wrong:
            path, what = next(iter(wrong.items()))
            self.problems.append(f"layer {name}: {len(wrong)} of {len(should)} entries are wrong: {path} {what}")

    def document(self, digest):
        data = self.read("blobs", *digest.split(":"))
        if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
            self.problems.append(f"document {digest}: its {len(data)} bytes have another digest")
        return data

    def check_name(self, file):
        """Whatever has a name is complete."""
        try:
            record = json.loads(self.read("names", file))
            self.names[record["name"]] = record["manifest"]
            if hashlib.sha256(record["name"].encode()).hexdigest() != file:
                self.problems.append(f"name {file}: it holds {record['name']}")
            manifest = json.loads(self.document(record["manifest"]))
            self.document(manifest["config"]["digest"])
            for layer in manifest["layers"]:
                if layer["digest"] not in self.layers:
                    self.problems.append(f"name {record['name']}: its layer {layer['digest']} is missing")
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.problems.append(f"name {file}: {type(error).__name__} {error}")

    def leftovers(self):
        """What is there besides images."""
        return [f"{folder}/{name}" for folder in ("tmp", "partial") for name in self.names_in(folder)]

    def everything(self):
        folders = ("blobs/sha256", "layers", "records", "implied", "names", "leases", "partial", "tmp")
        return [f"{folder}/{name}" for folder in folders for name in self.names_in(folder)]
