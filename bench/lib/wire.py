"""A connection to PostgreSQL as the gateway uses one: statements prepared once, rows in binary; and the CPU its server process took."""
import os
import socket
import struct


def array(oid, items):
    """A one-dimensional array in binary; items are binary values or None."""
    head = struct.pack("!iii", 1, int(None in items), oid) + struct.pack("!ii", len(items), 1)
    return head + b"".join(struct.pack("!i", -1) if item is None else struct.pack("!i", len(item)) + item for item in items)


class Connection:
    def __init__(self, port, database, user="bench"):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        words = b"".join(word.encode() + b"\0" for word in ("user", user, "database", database)) + b"\0"
        self.socket.sendall(struct.pack("!ii", len(words) + 8, 196608) + words)
        self.statements = {}
        self._answer()

    def _answer(self):
        """Reads until the server is ready again: the rows, as lists of bytes."""
        rows, error = [], None
        while True:
            kind = self.file.read(1)
            body = self.file.read(struct.unpack("!i", self.file.read(4))[0] - 4)
            if kind == b"D":
                row, at = [], 2
                for _ in range(struct.unpack_from("!h", body)[0]):
                    length = struct.unpack_from("!i", body, at)[0]
                    at += 4
                    row.append(None if length < 0 else body[at:at + length])
                    at += max(length, 0)
                rows.append(row)
            elif kind == b"E":
                error = dict((part[:1], part[1:].decode()) for part in body.split(b"\0") if part)[b"M"]
            elif kind == b"K":
                self.pid = struct.unpack_from("!i", body)[0]
            elif kind == b"Z":
                if error:
                    raise RuntimeError(error)
                return rows
            elif kind == b"":
                raise RuntimeError("the server hung up")

    @staticmethod
    def _message(kind, body):
        return kind + struct.pack("!i", len(body) + 4) + body

    def plain(self, sql):
        """A statement without parameters; rows as text."""
        self.socket.sendall(self._message(b"Q", sql.encode() + b"\0"))
        return [[value and value.decode() for value in row] for row in self._answer()]

    def run(self, sql, parameters=()):
        """A prepared statement. Parameters are text, or bytes in binary."""
        if sql not in self.statements:
            name = f"s{len(self.statements)}"
            body = name.encode() + b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0)
            self.socket.sendall(self._message(b"P", body) + self._message(b"S", b""))
            self._answer()
            self.statements[sql] = name
        name = self.statements[sql].encode()
        body = b"\0" + name + b"\0" + struct.pack("!h", len(parameters))
        body += b"".join(struct.pack("!h", int(isinstance(value, bytes))) for value in parameters)
        body += struct.pack("!h", len(parameters))
        for value in parameters:
            value = value.encode() if isinstance(value, str) else value
            body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
        body += struct.pack("!hh", 1, 1)
        self.socket.sendall(self._message(b"B", body) + self._message(b"E", b"\0" + struct.pack("!i", 0)) + self._message(b"S", b""))
        return self._answer()

    def cpu(self):
        return sum(cpu_of_threads(self.pid).values())


def cpu_of_threads(pid):
    """Seconds on a core so far, in nanosecond steps, of each thread of a process; nothing of one that has ended."""
    found = {}
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                found[thread] = int(file.read().split()[0]) / 1e9
        except OSError:
            pass
    return found
