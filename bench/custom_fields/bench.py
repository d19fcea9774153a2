#!/usr/bin/env python3
"""Custom fields measured: JSONB beside an EAV table, a custom field beside a standard column, and what metadata costs. See README.md of bench/.

Figures are CPU of the server's process, from the scheduler, in nanosecond steps: neighbours on the machine disturb them little. Systems take
turns, and of the rounds the fastest counts."""
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.dirname(HERE)
HARNESS = os.environ.get("RAPPORT_BENCH_HARNESS", os.path.join(BENCH, "..", "..", "shared", "bench"))
sys.path[:0] = [HERE, os.path.join(BENCH, "lib"), HARNESS]

from harness import postgres  # noqa: E402

import operations  # noqa: E402
import writes  # noqa: E402
from measure import ROUNDS, beside, captured, explain, row, step  # noqa: E402
from stage import stage  # noqa: E402
from wire import Connection  # noqa: E402

DATABASE = "bench_custom_fields"
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(BENCH, "reports", "latest")


def jsonb_beside_eav(report, gateway, connection, schema):
    gateway.log_statements(True)
    sides = []
    for read in operations.READS:
        ours = [captured(gateway, "custom", operations.request(read.graphql, sample)) for sample in read.samples]
        sides.append((read, {"jsonb": ours, "eav": [(read.eav_sql, read.eav_parameters(sample)) for sample in read.samples]}))
    gateway.log_statements(False)
    anew = Connection(postgres.PORT, DATABASE)
    anew.plain("SET plan_cache_mode = force_custom_plan")
    rows = []
    for read, both in sides:
        for ours, theirs in zip(both["jsonb"], both["eav"]):
            compare(read.name, connection.run(*ours), connection.run(*theirs))
        for side in both:
            explain(connection, report, f"{read.name}: {side}", *both[side][0])
        measured = {"jsonb": (connection, both["jsonb"]), "eav": (connection, both["eav"]), "anew": (anew, both["eav"])}
        if read.contained:
            measured["contained"] = (connection, [operations.contained(sql, *given) for sql, given in both["jsonb"]])
            explain(connection, report, f"{read.name}: jsonb as containment", *measured["contained"][1][0])
        took = beside(measured)
        # An EAV engine is free to have each statement planned for its values, where that is cheaper.
        eav = min(took["eav"], took["anew"])
        rows.append(row(read.name, took["jsonb"], eav))
        if took["anew"] < took["eav"]:
            rows[-1][2] += "; kept plan " + f"{took['eav'][0]:.3f}"
        if read.contained:
            rows.append(row("the same as containment (not what Rapport sends)", took["contained"], eav))
    report.table("Reads: ms of CPU, fastest round (median)", ["", "JSONB", "EAV", "EAV / JSONB"], rows)


def compare(name, ours, theirs):
    """The same contacts in the same order, or the same number."""
    def contacts(rows):
        return list(dict.fromkeys(row[0] for row in rows))
    if contacts(ours) != contacts(theirs):
        raise SystemExit(f"{name}: JSONB and EAV answer differently ({len(ours)} and {len(theirs)} rows)")


def bulk(report, connection, schema):
    rows = []
    for name, jsonb, eav in writes.WRITES:
        took = {"jsonb": [], "eav": []}
        for at in range(3):
            for side, write in (("jsonb", jsonb), ("eav", eav)) if at % 2 else (("eav", eav), ("jsonb", jsonb)):
                took[side].append(writes.measure(connection, schema, side, write))
        best = {side: min(seconds for seconds, _ in found) for side, found in took.items()}
        log = {side: min(written for _, written in found) / 1e6 for side, found in took.items()}
        rows.append([name, *(f"{best[side]:.2f} s" for side in best), f"{best['eav'] / best['jsonb']:.2f}", *(f"{log[side]:.1f} MB" for side in log),
                     f"{log['eav'] / log['jsonb']:.2f}"])
    report.table("Bulk writes: CPU, fastest of three", ["", "JSONB", "EAV", "EAV / JSONB", "JSONB log", "EAV log", "EAV / JSONB"], rows)


def sizes(report, connection, schema):
    def size(what, condition):
        return int(connection.plain(f"SELECT coalesce(sum({what}), 0) FROM pg_class WHERE {condition}")[0][0]) / 1e6
    ours, theirs = f"oid = '{schema}.contact'::regclass", "oid IN ('eav.contact'::regclass, 'eav.value'::regclass)"

    def indexes(table, condition):
        return size("pg_relation_size(oid)", f"oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = '{table}'::regclass) AND {condition}")
    mine, gin = "relname LIKE 'cf\\_%'", "relname LIKE '%custom_idx'"
    standard = f"NOT ({mine} OR {gin})"
    data = [
        ("rows", size("pg_table_size(oid)", ours), size("pg_table_size(oid)", theirs)),
        ("indexes of standard fields", indexes(f"{schema}.contact", standard), indexes("eav.contact", "true")),
        ("indexes of custom fields", indexes(f"{schema}.contact", f"{mine} OR {gin}"), indexes("eav.value", "true")),
    ]
    data.append(("together", sum(line[1] for line in data), sum(line[2] for line in data)))
    report.table("On disk, 100,000 contacts", ["", "JSONB, MB", "EAV, MB", "EAV / JSONB"],
                 [[name, f"{a:.1f}", f"{b:.1f}", f"{b / a:.2f}"] for name, a, b in data])
    each = connection.plain(f"SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.*? USING ', ''), pg_relation_size(indexrelid) / 1e6 FROM pg_index "
                            f"WHERE indrelid IN ('{schema}.contact'::regclass, 'eav.value'::regclass) ORDER BY indrelid <> 'eav.value'::regclass, 2 DESC")
    report.table("Each index", ["index", "MB"], [[f"`{short(name)}`", f"{float(megabytes):.1f}"] for name, megabytes in each])


def short(text):
    return text if len(text) < 150 else text[:147] + "..."


def custom_beside_standard(report, gateway, connection):
    gateway.log_statements(True)
    sides = []
    for name, kind, condition, samples in operations.TWINS:
        ours = [captured(gateway, "twins", operations.request(kind(condition), sample)) for sample in samples]
        sides.append((name, {"standard": [(operations.on_standard_column(sql), given) for sql, given in ours], "custom": ours}))
    gateway.log_statements(False)
    rows = []
    for name, both in sides:
        for ours, theirs in zip(both["custom"], both["standard"]):
            compare(name, connection.run(*ours), connection.run(*theirs))
        for side in both:
            explain(connection, report, f"twin, {name}: {side}", *both[side][0])
        took = beside({side: (connection, runs) for side, runs in both.items()})
        rows.append(row(name, took["standard"], took["custom"]))
    report.table("The same filter on a standard column and on a custom field, SQL alone: ms of CPU, fastest round (median)",
                 ["", "standard", "custom", "custom / standard"], rows)


def end_to_end(report, gateway):
    rows = []
    for name, kind, condition, fields, samples in operations.PAIRS:
        queries = {field: [operations.request(kind(condition % field), sample) for sample in samples] for field in fields}
        took = {field: [] for field in fields}
        for field in fields:
            for query in queries[field] * 4:
                gateway.ask("twins", query)
        for at in range(ROUNDS):
            for field in fields if at % 2 else fields[::-1]:
                repeat = 3 if "20,000" in name else 20
                before = gateway.cpu()
                for query in queries[field] * repeat:
                    gateway.ask("twins", query)
                took[field].append((gateway.cpu() - before) * 1000 / repeat / len(samples))
        standard, custom = ((min(took[field]), statistics.median(took[field])) for field in fields)
        rows.append(row(f"{name}: `{fields[0]}`, `{fields[1]}`", standard, custom))
    report.table("The same end to end, one request at a time: ms of CPU of gateway and PostgreSQL, fastest round (median)",
                 ["", "standard", "custom", "custom / standard"], rows)


METADATA = """SET search_path = {schema}, rapport, public;
INSERT INTO metadata_object (id, name, plural, key, label, label_plural)
SELECT gen_random_uuid(), 'Thing' || n, 'thing' || n || 's', 'thing' || n, 'Thing ' || n, 'Things ' || n FROM generate_series(0, {objects} - 1) n;
INSERT INTO metadata_field (id, object, name, key, label, type, options, filterable)
SELECT gen_random_uuid(), CASE WHEN {objects} > 0 THEN 'Thing' || n % greatest({objects}, 1)
    ELSE (ARRAY['Company', 'Contact', 'Opportunity', 'Activity', 'Product'])[1 + n % 5] END, 'field' || n, 'field' || n, 'Field ' || n,
  (ARRAY['TEXT', 'NUMBER', 'SELECT', 'DATE', 'CURRENCY'])[1 + n / 5 % 5],
  CASE WHEN n / 5 % 5 = 2 THEN '[{{"value":"ONE","label":"One"}},{{"value":"TWO","label":"Two"}},{{"value":"THREE","label":"Three"}}]'::jsonb ELSE '[]' END, false
FROM generate_series(0, {fields} - 1) n;
UPDATE metadata_version SET version = version + 1;"""


def metadata(report, gateway, cluster):
    """From a change of the metadata to the first answer that shows it."""
    rows = []
    for slug, objects, fields in (("m0", 0, 0), ("m100", 0, 100), ("m500", 50, 500)):
        schema, made = gateway.workspace(slug)
        if fields:
            cluster.sql(DATABASE, METADATA.format(schema=schema, objects=objects, fields=fields))
        gateway.ask(slug, "{ contacts(first: 1) { nodes { id } } }")
        change, first, again = [], [], []
        for n in range(7):
            started, cpu = time.monotonic(), gateway.cpu()
            answer = gateway.ask(slug, f'mutation {{ createField(object: "Contact", input: {{ name: "fresh{n}", type: TEXT }}) {{ userErrors {{ message }} }} }}')
            if answer["createField"]["userErrors"]:
                raise SystemExit(str(answer))
            changed, cpu_changed = time.monotonic(), gateway.cpu()
            for times in (first, again):
                at, used = time.monotonic(), gateway.cpu()
                gateway.ask(slug, f'{{ contacts(first: 1, filter: {{ fresh{n}: {{ eq: "x" }} }}) {{ nodes {{ id fresh{n} }} }} }}')
                times.append((time.monotonic() - at, gateway.cpu() - used))
            change.append((changed - started, cpu_changed - cpu))
        cells = [f"{statistics.median(wall for wall, _ in times) * 1000:.1f} ({min(cpu for _, cpu in times) * 1000:.1f})" for times in (change, first, again)]
        rows.append([f"{fields} custom fields, {objects} objects", *cells, f"{made:.2f} s"])
    report.table("A field is added and asked for: ms, median (least CPU)",
                 ["workspace", "`createField`", "first request with it", "the next", "making the workspace"], rows)


def main():
    with stage(DATABASE, OUT, "custom-fields") as (cluster, gateway, report):
        step("load")
        schema, _ = gateway.workspace("custom")
        cluster.sql(DATABASE, file=os.path.join(HERE, "load.sql"), variables={"schema": schema})
        twins, _ = gateway.workspace("twins")
        cluster.sql(DATABASE, file=os.path.join(HERE, "load_twins.sql"), variables={"schema": twins, "source": schema})
        step("indexes")
        gateway.start()
        gateway.until_indexed("custom", 6)
        gateway.until_indexed("twins", 7)
        cluster.sql(DATABASE, "VACUUM (FREEZE, ANALYZE)")
        connection = Connection(postgres.PORT, DATABASE)
        step("sizes")
        sizes(report, connection, schema)
        step("reads")
        jsonb_beside_eav(report, gateway, connection, schema)
        step("custom beside standard")
        custom_beside_standard(report, gateway, connection)
        end_to_end(report, gateway)
        step("metadata")
        metadata(report, gateway, cluster)
        gateway.stop()
        step("writes")
        bulk(report, connection, schema)


if __name__ == "__main__":
    main()
