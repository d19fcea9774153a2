#!/usr/bin/env python3
"""Rights measured: a list of 50 within the reach of a role, beside the same list without rights. See README.md of bench/."""
import os
import re
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.dirname(HERE)
HARNESS = os.environ.get("RAPPORT_BENCH_HARNESS", os.path.join(BENCH, "..", "..", "shared", "bench"))
sys.path[:0] = [os.path.join(BENCH, "lib"), HARNESS]

from harness import postgres  # noqa: E402

from gateway import PASSWORD, Gateway  # noqa: E402
from measure import ROUNDS, Report, beside, captured, explain, step  # noqa: E402
from wire import Connection  # noqa: E402

DATABASE = "bench_rights"
WORK = os.environ.get("BENCH_WORK", os.path.join(BENCH, ".work"))
BINARY = os.environ.get("RAPPORT_BINARY", os.path.join(BENCH, "..", "target", "release", "rapport"))
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(BENCH, "reports", "latest")

# Each is the reach of a role and the name of who has it: 1, 10 and 32 of 100 contacts.
RULE = "{ or: [{ status: { eq: CUSTOMER } }, { owner: { team: { region: { eq: \"$viewer.team.region\" } } } }] }"
REACHES = {
    "own": "read: OWN",
    "team": "read: TEAM",
    "rule": f"read: RULE, rule: {RULE}",
}
FIELDS = "id name email phone title status createdAt"
LISTS = {
    "the newest": "",
    "by name": "orderBy: [{ name: ASC }]",
    "customers, the newest": "filter: { status: { eq: CUSTOMER } }",
}


def listed(arguments):
    return f"{{ contacts(first: 50 {arguments}) {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"


def join(gateway, cluster, name, reach):
    """Makes a role and somebody who has it; answers their id."""
    made = gateway.ask("rights", f'mutation {{ createRole(input: {{ name: "{name}", others: {{ read: ALL }}, objects: [{{ object: "Contact", {reach} }}] }}) '
                                 "{ role { id } userErrors { message } } }")["createRole"]
    if made["userErrors"]:
        raise SystemExit(str(made))
    gateway.ask("rights", f'mutation {{ inviteMember(input: {{ email: "{name}@example.com", name: "{name}", roleIds: ["{made["role"]["id"]}"] }}) '
                          "{ userErrors { message } } }")
    mail = cluster.sql(DATABASE, f"SELECT body_text FROM control.mails WHERE recipient = '{name}@example.com'")
    token = re.search(r"invite#token=(\S+)", mail).group(1)
    gateway.tokens[name] = gateway.post("/auth/accept-invitation", {"token": token, "password": PASSWORD})["accessToken"]
    return gateway.ask(name, "{ me { userId } }")["me"]["userId"]


def cell(took, base):
    return f"{took[0]:.3f} ({took[1]:.3f}), {took[0] / base[0]:.2f}"


def sql_alone(report, gateway, connection):
    gateway.log_statements(True)
    runs = {name: {who: captured(gateway, who, listed(arguments)) for who in ("rights", *REACHES)} for name, arguments in LISTS.items()}
    gateway.log_statements(False)
    rows = []
    for name, sides in runs.items():
        for who, run in sides.items():
            explain(connection, report, f"{name}: {'all' if who == 'rights' else who}", *run)
        took = beside({who: (connection, [run]) for who, run in sides.items()})
        rows.append([name, f"{took['rights'][0]:.3f} ({took['rights'][1]:.3f})", *(cell(took[who], took["rights"]) for who in REACHES)])
    report.table("SQL alone: ms of CPU, fastest round (median), times of all", ["list of 50", "all", *REACHES], rows)


def end_to_end(report, gateway):
    rows = []
    for name, arguments in LISTS.items():
        took = {who: [] for who in ("rights", *REACHES)}
        for at in range(ROUNDS + 1):
            for who in took if at % 2 else reversed(took):
                before = gateway.cpu() + gateway.cpu_of_postgres()
                for _ in range(40):
                    gateway.ask(who, listed(arguments))
                if at:  # the first round warms up
                    took[who].append((gateway.cpu() + gateway.cpu_of_postgres() - before) * 1000 / 40)
        best = {who: (min(times), statistics.median(times)) for who, times in took.items()}
        rows.append([name, f"{best['rights'][0]:.2f} ({best['rights'][1]:.2f})", *(cell(best[who], best["rights"]) for who in REACHES)])
    report.table("End to end: ms of CPU of gateway and PostgreSQL, fastest round (median), times of all", ["list of 50", "all", *REACHES], rows)


def main():
    started = time.monotonic()
    cluster, gateway, report = postgres.Cluster(WORK), None, Report(OUT, "rights")
    os.makedirs(WORK, exist_ok=True)
    cluster.start()
    try:
        cluster.sql("postgres", f"DROP DATABASE IF EXISTS {DATABASE}")
        cluster.sql("postgres", f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        # Nobody takes the mail: invitations are read from where they wait.
        os.environ |= {"RAPPORT_SMTP_URL": "smtp://127.0.0.1:9", "RAPPORT_MAIL_FROM": "Rapport <bench@example.com>"}
        gateway = Gateway(os.path.abspath(BINARY), postgres.url(DATABASE), WORK, cluster, DATABASE)
        version = cluster.sql("postgres", "SHOW server_version").split()[0]
        report.figures.append(f"Run of {time.strftime('%Y-%m-%d %H:%M')}, PostgreSQL {version}, {os.cpu_count()} cores, "
                              f"load average at the start {os.getloadavg()[0]:.1f}, {ROUNDS} rounds. 100,000 contacts of 100 people in ten teams.")
        step("load")
        schema, _ = gateway.workspace("rights")
        gateway.start()
        people = {name: join(gateway, cluster, name, reach) for name, reach in REACHES.items()}
        cluster.sql(DATABASE, file=os.path.join(HERE, "load.sql"), variables={"schema": schema, **people})
        cluster.sql(DATABASE, "VACUUM (FREEZE, ANALYZE)")
        seen = {who: gateway.ask(who, "{ contacts { totalCount } }")["contacts"]["totalCount"] for who in ("rights", *REACHES)}
        report.figures.append(f"Within reach: {', '.join(f'{who} {count:,}' for who, count in seen.items())}.")
        step("SQL alone")
        sql_alone(report, gateway, Connection(postgres.PORT, DATABASE))
        step("end to end")
        end_to_end(report, gateway)
        report.figures.append(f"\nThe run took {time.monotonic() - started:.0f} s.")
    finally:
        report.write()
        if gateway:
            gateway.stop()
        if cluster.proc and cluster.proc.poll() is None:
            cluster.sql("postgres", "ALTER SYSTEM RESET log_min_duration_statement")
            cluster.sql("postgres", f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cluster.stop()


if __name__ == "__main__":
    main()
