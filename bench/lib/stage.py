"""What a run happens on: a PostgreSQL of the harness, an empty database in it, the product over that, and a report."""
import contextlib
import os
import time

from harness import postgres

from gateway import Gateway
from measure import ROUNDS, Report, step

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.environ.get("BENCH_WORK", os.path.join(BENCH, ".work"))
BINARY = os.environ.get("RAPPORT_BINARY", os.path.join(BENCH, "..", "target", "release", "rapport"))


@contextlib.contextmanager
def stage(database, folder, name):
    """Gives the cluster, the gateway and the report, which is written to a folder whatever happens; then all of it goes."""
    started = time.monotonic()
    cluster, gateway, report = postgres.Cluster(WORK), None, Report(folder, name)
    os.makedirs(WORK, exist_ok=True)
    cluster.start()
    try:
        cluster.sql("postgres", f"DROP DATABASE IF EXISTS {database}")
        cluster.sql("postgres", f"CREATE DATABASE {database} TEMPLATE template0")
        gateway = Gateway(os.path.abspath(BINARY), postgres.url(database), WORK, cluster, database)
        version = cluster.sql("postgres", "SHOW server_version").split()[0]
        report.figures.append(f"Run of {time.strftime('%Y-%m-%d %H:%M')}, PostgreSQL {version}, {os.cpu_count()} cores, "
                              f"load average at the start {os.getloadavg()[0]:.1f}, {ROUNDS} rounds.")
        yield cluster, gateway, report
        report.figures.append(f"\nThe run took {time.monotonic() - started:.0f} s.")
        step(f"figures and plans in {folder}")
    finally:
        report.write()
        if gateway:
            gateway.stop()
        if cluster.proc and cluster.proc.poll() is None:
            cluster.sql("postgres", "ALTER SYSTEM RESET log_min_duration_statement")
            cluster.sql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        cluster.stop()
