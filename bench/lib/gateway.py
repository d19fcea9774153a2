"""The product over a database: workspaces, requests, and the SQL that it writes for them, read from PostgreSQL's log."""
import http.client
import json
import os
import re
import signal
import subprocess
import time

from wire import cpu_of_threads

PORT = 55511
PASSWORD = "rapport-bench-owner"
EXECUTED = re.compile(r"LOG:  duration: \S+ ms  execute \S+: (.*?)(?=\n\d{4}-\d\d-\d\d |\Z)", re.S)
GIVEN = re.compile(r"\$\d+ = ('(?:[^']|'')*'|NULL)")


class Gateway:
    def __init__(self, binary, url, work, cluster, database):
        self.binary, self.cluster, self.database = binary, cluster, database
        self.log = os.path.join(work, f"{database}.log")
        self.env = {**os.environ, "RAPPORT_DATABASE_URL": url, "RAPPORT_HTTP_ADDR": f"127.0.0.1:{PORT}", "RAPPORT_METRICS_ADDR": "",
                    "RAPPORT_LIMIT_USER_HOUR": "0", "RAPPORT_LIMIT_ADDRESS_HOUR": "0", "RAPPORT_LOG": "warn"}
        self.tokens, self.spent, self.proc, self.http, self.asked = {}, {}, None, None, 0
        self.command("migrate")

    def command(self, *words, stdin=""):
        with open(self.log, "a") as log:
            subprocess.run([self.binary, *words], env=self.env, input=stdin, text=True, stdout=log, stderr=log, check=True)

    def workspace(self, slug):
        """Makes one; answers its schema and how long that took."""
        before = set(self.schemas())
        started = time.monotonic()
        self.command("tenant", "create", slug, "--slug", slug, "--email", f"{slug}@example.com", "--person", "Bench", "--password-stdin",
                     stdin=PASSWORD)
        took = time.monotonic() - started
        return (set(self.schemas()) - before).pop(), took

    def schemas(self):
        return self.cluster.sql(self.database, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'").split()

    def start(self):
        with open(self.log, "a") as log:
            self.proc = subprocess.Popen([self.binary, "serve"], env=self.env, stdout=log, stderr=log, start_new_session=True)
        self.http = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        for _ in range(100):
            try:
                self.http.request("GET", "/health/ready")
                answer = self.http.getresponse()
                answer.read()
                if answer.status == 200:
                    return
            except OSError:
                self.http.close()
            time.sleep(0.2)
        raise SystemExit(f"the gateway did not start; see {self.log}")

    def stop(self):
        if self.proc and self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGTERM)
            self.proc.wait(20)

    def post(self, path, body, token=None):
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if time.monotonic() - self.asked > 5:
            self.http.close()  # kept open for a while only
        self.http.request("POST", path, json.dumps(body), headers)
        answer = json.loads(self.http.getresponse().read())
        self.asked = time.monotonic()
        if answer.get("errors") or "error" in answer:
            raise SystemExit(f"refused: {json.dumps(body)[:300]}: {json.dumps(answer)[:500]}")
        return answer

    def ask(self, slug, query):
        if slug not in self.tokens:
            self.tokens[slug] = self.post("/auth/sign-in", {"email": f"{slug}@example.com", "password": PASSWORD})["accessToken"]
        return self.post("/graphql", {"query": query}, self.tokens[slug])["data"]

    def until_indexed(self, slug, wanted):
        """Waits until so many fields of contacts have their index."""
        for _ in range(600):
            fields = self.ask(slug, '{ object(name: "Contact") { fields { name indexState } } }')["object"]["fields"]
            states = [field["indexState"] for field in fields]
            if "FAILED" in states:
                raise SystemExit("an index could not be built")
            if states.count("READY") == wanted:
                return
            time.sleep(0.2)
        raise SystemExit(f"the indexes were not built in two minutes: {states}")

    def log_statements(self, on):
        value = "0" if on else "-1"
        self.cluster.sql("postgres", f"ALTER SYSTEM SET log_min_duration_statement = {value}")
        self.cluster.sql("postgres", "SELECT pg_reload_conf()")
        time.sleep(0.3)

    def statements_of(self, slug, query):
        """The statements on records behind a request, with their parameters as text; logging is on."""
        at = os.path.getsize(self.cluster.log)
        self.ask(slug, query)
        with open(self.cluster.log) as log:
            log.seek(at)
            entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", log.read())
        found = []
        for entry, after in zip(entries, entries[1:] + [""]):
            match = EXECUTED.search(entry)
            if match and ".\"contact\"" in match.group(1) and "DETAIL:" not in entry.split("LOG:")[0]:
                given = GIVEN.findall(after.split("parameters:", 1)[1]) if "parameters:" in after else []
                values = [None if value == "NULL" else value[1:-1].replace("''", "'") for value in given]
                found.append((match.group(1).strip(), values))
        return found

    def cpu(self):
        """Seconds on a core so far, of the gateway and of PostgreSQL. Never less than before: what a connection or a thread took that ended since is kept."""
        pids = [self.proc.pid, self.cluster.proc.pid]
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat") as file:
                        if int(file.read().rpartition(")")[2].split()[1]) == self.cluster.proc.pid:
                            pids.append(int(name))
                except OSError:
                    pass
        for pid in pids:
            self.spent |= cpu_of_threads(pid)
        return sum(self.spent.values())
