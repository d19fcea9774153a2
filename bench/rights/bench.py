#!/usr/bin/env python3
"""Rights measured: a list of 50 within the reach of a role, beside the same list without rights. See README.md of bench/."""
import json
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

from gateway import PASSWORD  # noqa: E402
from measure import ROUNDS, beside, captured, explain, step  # noqa: E402
from stage import stage  # noqa: E402
from wire import Connection  # noqa: E402

DATABASE = "bench_rights"
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(BENCH, "reports", "latest")

# Each is the reach of a role and the name of who has it: 1, 12 and 38 of 100 contacts.
RULE = "{ or: [{ status: { eq: CUSTOMER } }, { owner: { team: { region: { eq: \"$viewer.team.region\" } } } }] }"
REACHES = {
    "own": "read: OWN",
    "team": "read: TEAM",
    "rule": f"read: RULE, rule: {RULE}",
}
# The same records, as whoever reads everything would ask for them.
ASKED = {
    "own": '{{ owner: {{ id: {{ eq: "{own}" }} }} }}',
    "team": "{{ owner: {{ id: {{ in: {mates} }} }} }}",
    "rule": '{{ or: [{{ status: {{ eq: CUSTOMER }} }}, {{ owner: {{ team: {{ region: {{ eq: "Region 0" }} }} }} }}] }}',
}
FIELDS = "id name email phone title status createdAt"
CUSTOMERS = "{ status: { eq: CUSTOMER } }"
# Filter and order.
LISTS = {
    "by creation": (None, ""),
    "by name": (None, "orderBy: [{ name: ASC }]"),
    "customers by creation": (CUSTOMERS, ""),
}


def listed(condition, order, asked=None):
    conditions = ", ".join(filter(None, (condition, asked)))
    return (f"{{ contacts(first: 50, filter: {{ and: [{conditions}] }} {order}) "
            f"{{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}")


def sides(asked, wanted):
    """Who asks what: everything, and each reach as a right and as a filter."""
    yield "all", "rights", listed(*wanted)
    for reach in REACHES:
        yield reach, reach, listed(*wanted)
        yield f"{reach} asked", "rights", listed(*wanted, asked[reach])


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


HEAD = ["list of 50", "reach", "as a right", "as a filter", "right / filter", "all there is", "right / all"]


def rows(name, took):
    def figures(pair):
        return f"{pair[0]:.3f} ({pair[1]:.3f})"
    for reach in REACHES:
        right, asked, everything = took[reach], took[f"{reach} asked"], took["all"]
        yield [name, reach, figures(right), figures(asked), f"{right[0] / asked[0]:.2f}", figures(everything), f"{right[0] / everything[0]:.2f}"]


def sql_alone(report, gateway, connection, asked):
    gateway.log_statements(True)
    runs = {name: {side: captured(gateway, who, query) for side, who, query in sides(asked, wanted)} for name, wanted in LISTS.items()}
    gateway.log_statements(False)
    found = []
    for name, captures in runs.items():
        for reach in REACHES:
            right, filtered = (connection.run(*captures[side]) for side in (reach, f"{reach} asked"))
            if [row[0] for row in right] != [row[0] for row in filtered]:
                raise SystemExit(f"{name}: {reach} as a right and as a filter answer differently")
        for side, run in captures.items():
            explain(connection, report, f"{name}: {side}", *run)
        found += rows(name, beside({side: (connection, [run]) for side, run in captures.items()}))
    report.table("SQL alone: ms of CPU, fastest round (median)", HEAD, found)


def end_to_end(report, gateway, asked):
    found = []
    for name, wanted in LISTS.items():
        asks = list(sides(asked, wanted))
        took = {side: [] for side, _, _ in asks}
        for at in range(ROUNDS + 1):
            for side, who, query in asks if at % 2 else asks[::-1]:
                before = gateway.cpu()
                for _ in range(40):
                    gateway.ask(who, query)
                if at:  # the first round warms up
                    took[side].append((gateway.cpu() - before) * 1000 / 40)
        found += rows(name, {side: (min(times), statistics.median(times)) for side, times in took.items()})
    report.table("End to end: ms of CPU of gateway and PostgreSQL, fastest round (median)", HEAD, found)


def one_by_one(report, gateway, ids):
    """Whether time tells a record beyond reach from one that nobody has: median of single requests, in turn."""
    took = {name: [] for name in ids}
    for at in range(1_500):
        for name, many in ids.items():
            started = time.perf_counter()
            gateway.ask("own", f'{{ contact(id: "{many[at % len(many)]}") {{ id name email phone title status createdAt }} }}')
            if at >= 100:
                took[name].append((time.perf_counter() - started) * 1e6)
    found = []
    for name, times in took.items():
        quarters = statistics.quantiles(times, n=4)
        found.append([name, f"{quarters[1]:.0f}", f"{quarters[0]:.0f} to {quarters[2]:.0f}"])
    report.table("One record by its id, asked by who has 1,000: microseconds of single requests", ["record", "median", "middle half"], found)


def main():
    # Nobody takes the mail: invitations are read from where they wait.
    os.environ |= {"RAPPORT_SMTP_URL": "smtp://127.0.0.1:9", "RAPPORT_MAIL_FROM": "Rapport <bench@example.com>"}
    with stage(DATABASE, OUT, "rights") as (cluster, gateway, report):
        step("load")
        schema, _ = gateway.workspace("rights")
        gateway.start()
        people = {name: join(gateway, cluster, name, reach) for name, reach in REACHES.items()}
        cluster.sql(DATABASE, file=os.path.join(HERE, "load.sql"), variables={"schema": schema, **people})
        cluster.sql(DATABASE, "VACUUM (FREEZE, ANALYZE)")
        seen = {who: gateway.ask(who, "{ contacts { totalCount } }")["contacts"]["totalCount"] for who in ("rights", *REACHES)}
        report.figures.append(f"Within reach: {', '.join(f'{who} {count:,}' for who, count in seen.items())}.")
        mates = cluster.sql(DATABASE, f"SELECT json_agg(id) FROM {schema}.users WHERE team_id = (SELECT team_id FROM {schema}.users WHERE id = '{people['team']}')")
        asked = {reach: condition.format(own=people["own"], mates=mates) for reach, condition in ASKED.items()}
        step("SQL alone")
        sql_alone(report, gateway, Connection(postgres.PORT, DATABASE), asked)
        step("end to end")
        end_to_end(report, gateway, asked)
        step("one by one")
        some = f"SELECT json_agg(id) FROM (SELECT id FROM {schema}.contact WHERE owner_id %s '{people['own']}' LIMIT 100) c"
        ids = {name: json.loads(cluster.sql(DATABASE, some % sign)) for name, sign in (("within reach", "="), ("beyond reach", "<>"))}
        one_by_one(report, gateway, {**ids, "nobody's": [f"01930000-0000-7000-8000-{n:012}" for n in range(100)]})


if __name__ == "__main__":
    main()
