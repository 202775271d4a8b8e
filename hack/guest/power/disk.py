"""A disk whose writes are recorded, and what it holds after its power is cut, for hack/guest/power-cuts.

The recording is device-mapper's log-writes: it has the writes in the order in which they became safe. A write that was done
but not flushed is not in it before the flush that made it safe; so it never says more than a disk with a cache promises.
"""

import mmap
import os
import struct
import subprocess

MAGIC, VERSION, SECTOR = 0x6A736677736872, 1, 512
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8  # drivers/md/dm-log-writes.c
SUPERBLOCK, INCOMPATIBLE, NEEDS_RECOVERY = 1024, 96, 4  # Documentation/filesystems/ext4/super.rst


class Failure(Exception):
    """What is not as it should be."""


def run(*command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise Failure(f"status {result.returncode} from {' '.join(command)}: {result.stdout.strip()}")
    return result.stdout.strip()


def copy_sparse(source, target, size):
    """Copies what a sparse file holds into a new one."""
    position = 0
    with open(source, "rb") as reader, open(target, "wb") as writer:
        writer.truncate(size)
        while position < size:
            try:
                start = os.lseek(reader.fileno(), position, os.SEEK_DATA)
            except OSError:  # no more data
                return
            position = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            while start < position:
                start += os.copy_file_range(reader.fileno(), writer.fileno(), position - start, start, start)


class Recording:
    """An ext4 file system, mounted at `mounted`, whose writes are recorded from the beginning."""

    NAME = "swiftlet-power"

    def __init__(self, top, megabytes):
        for module in ("loop", "dm-log-writes"):
            run("modprobe", module)
        self.size = megabytes << 20
        self.mounted = f"{top}/recorded"
        self.disk, self.base, self.log = (f"{top}/{name}" for name in ("disk", "base", "log"))
        for path, size in ((self.disk, self.size), (self.log, self.size * 4)):
            with open(path, "wb") as file:
                file.truncate(size)
        # All of it is made now: no thread of the kernel's writes tables of inodes later.
        run("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", self.disk)
        copy_sparse(self.disk, self.base, self.size)
        self.loops = [run("losetup", "--find", "--show", path) for path in (self.disk, self.log)]
        table = f"0 {self.size // SECTOR} log-writes {' '.join(self.loops)}"
        run("dmsetup", "create", "--noudevsync", self.NAME, "--table", table)
        device = run("dmsetup", "info", "--columns", "--noheadings", "-o", "blkdevname", self.NAME)
        os.mkdir(self.mounted)
        run("mount", "-t", "ext4", f"/dev/{device}", self.mounted)

    def mark(self, text):
        """Everything that became safe before now is recorded before the mark."""
        run("dmsetup", "message", self.NAME, "0", "mark", text)

    def stop(self):
        run("umount", self.mounted)
        run("dmsetup", "remove", "--noudevsync", self.NAME)
        for loop in self.loops:
            run("losetup", "--detach", loop)
        return Replay(self)


class Replay:
    """The recorded writes, and `base`: the disk after some of them."""

    def __init__(self, recording):
        self.recording = recording
        with open(recording.log, "rb") as file:
            self.log = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.base = open(recording.base, "r+b")
        self.entries = []  # sector, sectors, flags, position of the data
        self.marks = {}  # text to index
        self.applied = 0
        magic, version, count, sector = struct.unpack_from("<QQQI", self.log, 0)
        if (magic, version, sector) != (MAGIC, VERSION, SECTOR):
            raise Failure(f"no log of dm-log-writes: magic {magic:x}, version {version}, sectors of {sector}")
        position = SECTOR
        for index in range(count):
            first, sectors, flags, length = struct.unpack_from("<QQQQ", self.log, position)
            if flags & MARK:
                self.marks[self.log[position + 32:position + 32 + length].rstrip(b"\0").decode()] = index
            self.entries.append((first, sectors, flags, position + SECTOR))
            position += SECTOR + (0 if flags & DISCARD else sectors * SECTOR)

    def moments(self, first, last):
        """Where something became safe."""
        return [index for index in range(first, last) if self.entries[index][2] & (FLUSH | FUA)]

    def write(self, file, index):
        first, sectors, flags, position = self.entries[index]
        if flags & DISCARD:
            raise Failure("something was discarded: the recording says nothing of what is there then")
        if sectors:
            os.pwrite(file.fileno(), self.log[position:position + sectors * SECTOR], first * SECTOR)

    def cut(self, index, path, random):
        """The disk when the power goes just after this entry. Of what was done since the last flush, any part is lost.

        Returns how many writes were lost.
        """
        safe = index
        while not self.entries[safe][2] & FLUSH:
            safe -= 1
        for number in range(self.applied, safe + 1):
            self.write(self.base, number)
        self.applied = max(self.applied, safe + 1)
        copy_sparse(self.recording.base, path, self.recording.size)
        kept, lost = random.choice((0, 0.5, 0.9)), 0
        with open(path, "r+b") as file:
            for number in range(safe + 1, index + 1):
                flags = self.entries[number][2]
                if flags & FUA or random.random() < kept:
                    self.write(file, number)
                else:
                    lost += not flags & MARK
            file.seek(SUPERBLOCK + INCOMPATIBLE)
            if not int.from_bytes(file.read(4), "little") & NEEDS_RECOVERY:
                raise Failure("the journal is clean: this was no cut")
        return lost

    def check(self):
        """All that was recorded gives what the disk holds: nothing is missing from the recording."""
        for number in range(self.applied, len(self.entries)):
            self.write(self.base, number)
        self.applied = len(self.entries)
        with open(self.recording.disk, "rb") as disk:
            size = self.recording.size
            one = mmap.mmap(disk.fileno(), size, access=mmap.ACCESS_READ)
            other = mmap.mmap(self.base.fileno(), size, access=mmap.ACCESS_READ)
            for start in range(0, size, 1 << 20):
                if one[start:start + (1 << 20)] != other[start:start + (1 << 20)]:
                    raise Failure(f"the recording lacks writes: byte {start} or one after it is not what the disk has")
