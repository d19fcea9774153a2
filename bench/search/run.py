"""Measures search on the PostgreSQL in RAPPORT_DATABASE_URL: run.py BINARY ROWS. Prints Markdown."""
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time

BINARY, ROWS = sys.argv[1], int(sys.argv[2])
SERVER = os.environ["RAPPORT_DATABASE_URL"]
DATABASE = re.sub(r"/[^/?]*(\?|$)", r"/bench_search\1", SERVER)
TICK = os.sysconf("SC_CLK_TCK")

# What is asked, in words and as it is typed.
QUERIES = [
    ("a rare name", "quartermaine"),
    ("a common surname", "schneider"),
    ("start of a common name", "schn"),
    ("two words", "maria schneider"),
    ("part of an e-mail address", "host77"),
    ("a slip", "quartermiane"),
    ("nothing there", "zzyzx"),
]
# Of asking each of them.
SECONDS = 2

DATA = """
SET search_path = {schema}, rapport, public;
SELECT setseed(0.5);
CREATE TEMP TABLE f AS SELECT row_number() OVER () AS n, v FROM unnest(string_to_array('Maria,Anna,Peter,Thomas,Sabine,Jürgen,Claire,José,Łukasz,Siobhán,Emma,Noah,Liam,Olivia,Ava,Mia,Lena,Paul,Max,Felix', ',')) v;
CREATE TEMP TABLE l AS SELECT row_number() OVER () AS n, v FROM (
  SELECT unnest(string_to_array('Schneider,Müller,Schmidt,Fischer,Weber,Meyer,Wagner,Becker,Schulz,Hoffmann', ',')) v
  UNION ALL SELECT initcap(a || b) FROM unnest(string_to_array('berg,stein,hart,wald,gold,silber,rosen,linden,eichen,birken,stern,mond,sonnen,winter,sommer,alt,neu,gross,klein,hoch', ',')) a,
    unnest(string_to_array('mann,bauer,hof,feld,tal,bach,see,burg,haus,heim,dorf,stadt,brunn,wies,acker,kamp,horst,loh,ried,moor', ',')) b) s;
INSERT INTO contact (id, first_name, last_name, email, phone)
SELECT gen_random_uuid(), f.v, CASE WHEN i % 10007 = 0 THEN 'Quartermaine' ELSE l.v END,
  'user' || i || '@host' || i % 400 || '.example', '+49' || (3000000000 + i * 7)
FROM generate_series(1, {rows}) i
JOIN f ON f.n = 1 + (hashint4(i) & 1023) % 20
JOIN l ON l.n = CASE WHEN i % 10 < 3 THEN 1 + i % 3 ELSE 1 + (hashint4(i + 7) & 65535) % 410 END;
CREATE TABLE public.plain AS SELECT id, name, email FROM contact;
CREATE TABLE public.trigram AS SELECT id, name, email FROM contact;
CREATE INDEX ON public.trigram USING gin (name rapport.gin_trgm_ops, email rapport.gin_trgm_ops);
VACUUM ANALYZE public.plain; VACUUM ANALYZE public.trigram; VACUUM ANALYZE contact;
"""


def psql(sql, database=DATABASE):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database], input=sql, text=True, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.strip()


def cpu(pids):
    """CPU of processes and of those they have waited for, in seconds."""
    total = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(fields[at]) for at in (11, 12, 13, 14))
    return total / TICK


def children(parent):
    found = [parent]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(pid))
        except OSError:
            pass
    return found


class Gateway:
    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        env = dict(os.environ, RAPPORT_DATABASE_URL=DATABASE, RAPPORT_HTTP_ADDR=f"127.0.0.1:{self.port}",
                   RAPPORT_LIMIT_USER_HOUR="0", RAPPORT_LIMIT_ADDRESS_HOUR="0", RAPPORT_LOG="warn")
        env.pop("RAPPORT_REDIS_URL", None)
        subprocess.run([BINARY, "migrate"], env=env, check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([BINARY, "serve"], env=env, stdout=subprocess.DEVNULL)
        self.connection, self.token = http.client.HTTPConnection("127.0.0.1", self.port), None
        for _ in range(200):
            try:
                if self.send("GET", "/health/ready")[0] == 200:
                    break
            except OSError:
                self.connection.close()
            time.sleep(0.1)
        body = {"email": "bench@example.com", "password": "rapport-bench-owner", "name": "Bench", "workspace": "Bench"}
        answer = self.send("POST", "/auth/sign-up", body)[1]
        self.token, self.schema = answer["accessToken"], "t_" + answer["workspace"]["id"].replace("-", "")

    def send(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            self.connection.request(method, path, body and json.dumps(body), headers)
            answer = self.connection.getresponse()
        except (BrokenPipeError, http.client.RemoteDisconnected):
            # It was idle for too long.
            self.connection.close()
            self.connection.request(method, path, body and json.dumps(body), headers)
            answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or "null")

    def search(self, words):
        query = "query($q: String!) { search(query: $q, objects: [\"Contact\"]) { isCatchingUp hits { id title score matches { field text ranges { start end } } } } }"
        return self.send("POST", "/graphql", {"query": query, "variables": {"q": words}})[1]["data"]["search"]


def measured(pids, ask):
    """Elapsed and CPU milliseconds a time."""
    ask()
    before, since, times = cpu(pids()), time.monotonic(), 0
    while time.monotonic() - since < SECONDS:
        ask()
        times += 1
    return (time.monotonic() - since) * 1000 / times, (cpu(pids()) - before) * 1000 / times


def by_pgbench(table, words, postmaster):
    """One connection, the statement as often as fits."""
    conditions = " AND ".join(f"(name ILIKE '%{word}%' OR email ILIKE '%{word}%')" for word in words.split())
    with open("/tmp/bench_search.sql", "w") as file:
        file.write(f"SELECT id, name, email FROM public.{table} WHERE {conditions} ORDER BY name LIMIT 20;\n")
    before = cpu(children(postmaster))
    done = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", "1", "-T", str(SECONDS), "-f", "/tmp/bench_search.sql", DATABASE],
                          text=True, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)
    times = int(re.search(r"actually processed: (\d+)", done.stdout).group(1))
    latency = float(re.search(r"latency average = ([\d.]+)", done.stdout).group(1))
    return latency, (cpu(children(postmaster)) - before) * 1000 / max(times, 1)


def main():
    psql("DROP DATABASE IF EXISTS bench_search", SERVER)
    psql("CREATE DATABASE bench_search", SERVER)
    gateway = Gateway()
    try:
        report(gateway)
    finally:
        gateway.process.terminate()
        gateway.process.wait()


def report(gateway):
    postmaster = postmaster_of()
    pids = lambda: children(postmaster) + [gateway.process.pid]  # noqa: E731
    psql(DATA.format(schema=gateway.schema, rows=ROWS))
    # Its entry says that the records were read when there were none.
    psql(f"DELETE FROM {gateway.schema}.search_object")
    before, since = cpu(pids()), time.monotonic()
    while gateway.search("anything")["isCatchingUp"]:
        time.sleep(0.05)
    elapsed, spent = time.monotonic() - since, cpu(pids()) - before
    psql(f"VACUUM ANALYZE {gateway.schema}.search_entry; VACUUM ANALYZE {gateway.schema}.search_word")
    size = lambda name: int(psql(f"SELECT pg_total_relation_size('{name}')")) / 2**20  # noqa: E731
    entries, words = size(f"{gateway.schema}.search_entry"), size(f"{gateway.schema}.search_word")
    print(f"{ROWS:,} contacts made findable in {elapsed:.1f} s ({ROWS / elapsed:,.0f} a second; "
          f"{spent * 1e6 / ROWS:.0f} µs of CPU each, gateway and PostgreSQL). Entries and their indexes take {entries:.0f} MiB, words {words:.1f} MiB; "
          f"the trigram index with its table {size('public.trigram'):.0f} MiB, the plain table {size('public.plain'):.0f} MiB.\n")
    print("| looked for | hits (of 20) | search: ms, CPU ms | `ILIKE`: ms, CPU ms | trigram index: ms, CPU ms | CPU: `ILIKE` / search | trigram / search |")
    print("|---|---|---|---|---|---|---|")
    for name, text in QUERIES:
        hits = len(gateway.search(text)["hits"])
        ours = measured(pids, lambda: gateway.search(text))
        plain, trigram = by_pgbench("plain", text, postmaster), by_pgbench("trigram", text, postmaster)
        cell = lambda figures: "{:.2f}, {:.2f}".format(*figures)  # noqa: E731
        print(f"| {name} (`{text}`) | {hits} | {cell(ours)} | {cell(plain)} | {cell(trigram)} | {plain[1] / ours[1]:.1f} | {trigram[1] / ours[1]:.1f} |", flush=True)


def postmaster_of():
    """The postmaster: the parent of any of its backends."""
    backend = subprocess.Popen(["psql", "-XqAt", "-d", DATABASE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    backend.stdin.write("SELECT pg_backend_pid();\n")
    backend.stdin.flush()
    pid = backend.stdout.readline().strip()
    parent = int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
    backend.stdin.close()
    backend.wait()
    return parent


main()
