"""Bulk writes: the statements of crates/domain/src/record/store.rs, and what an EAV table would be sent; batches of 1,000, parameters in binary."""
import datetime
import json
import random
import struct

from wire import array

UUID, JSONB, TEXT, FLOAT8, DATE, BOOL, INT2 = 2950, 3802, 25, 701, 1082, 16, 21
BATCH, COUNT = 1_000, 10_000
NOW = "2026-06-01T00:00:00Z"
PLANS = ["FREE", "TEAM", "BUSINESS", "ENTERPRISE", "TRIAL"]


def uuid(n):
    return bytes.fromhex(f"0000000000007000{'8000'}{n:012x}")


def text(value):
    return None if value is None else value.encode()


def jsonb(value):
    return b"\1" + json.dumps(value, separators=(",", ":")).encode()


def documents(seed):
    rng = random.Random(seed)
    for n in range(COUNT):
        yield {"territory": f"T{rng.randrange(1000):04}", "plan": rng.choice(PLANS), "score": rng.randrange(100000) / 100,
               "rate": f"{rng.randrange(100000) / 1000:.3f}", "renewal": str(datetime.date(2024, 1, 1) + datetime.timedelta(rng.randrange(1000))),
               "vip": rng.randrange(20) == 0, "budget": {"minor": 100 * rng.randrange(100000), "currency": "EUR"},
               "topics": [f"{letter}{rng.randrange(20)}" for letter in "ABC"]}


def eav_rows(id, custom):
    """(contact, field, text, number, decimal, currency, date, boolean, list), all but the list's form as the table has them."""
    day = (datetime.date.fromisoformat(custom["renewal"]) - datetime.date(2000, 1, 1)).days
    none = None
    yield (id, 1, text(custom["territory"]), none, none, none, none, none, none)
    yield (id, 2, text(custom["plan"]), none, none, none, none, none, none)
    yield (id, 3, none, struct.pack("!d", custom["score"]), none, none, none, none, none)
    yield (id, 4, none, none, text(custom["rate"]), none, none, none, none)
    yield (id, 5, none, none, none, none, struct.pack("!i", day), none, none)
    yield (id, 6, none, none, none, none, none, bytes([custom["vip"]]), none)
    yield (id, 7, none, none, text(str(custom["budget"]["minor"] // 100)), text(custom["budget"]["currency"]), none, none, none)
    yield (id, 8, none, none, none, none, none, none, text("{" + ",".join(custom["topics"]) + "}"))


PLAIN = [("first_name", "text", TEXT), ("last_name", "text", TEXT), ("email", "text", TEXT), ("phone", "text", TEXT), ("title", "text", TEXT),
         ("status", "text", TEXT)]
VALUE = [("contact_id", "uuid", UUID, ""), ("field_id", "int2", INT2, ""), ("text_value", "text", TEXT, ""), ("number_value", "float8", FLOAT8, ""),
         ("decimal_value", "text", TEXT, "::numeric"), ("currency", "text", TEXT, ""), ("date_value", "date", DATE, ""),
         ("boolean_value", "bool", BOOL, ""), ("list_value", "text", TEXT, "::text[]")]


def insert_contact(table, extra=()):
    columns = [("id", "uuid", UUID), *extra, *PLAIN]
    names = ", ".join(f'"{name}"' for name, *_ in columns)
    values = ", ".join(f'u."{name}"' for name, *_ in columns)
    arrays = ", ".join(f"${at}::{ty}[]" for at, (_, ty, _) in enumerate(columns, 1))
    now = len(columns) + 1
    return (f"INSERT INTO {table} (created_at, updated_at, {names}) SELECT ${now}::timestamptz, ${now}::timestamptz, {values} "
            f"FROM unnest({arrays}) AS u({names}) ON CONFLICT DO NOTHING RETURNING id")


def insert_values(end=""):
    names = ", ".join(name for name, *_ in VALUE)
    return (f"INSERT INTO eav.value ({names}) SELECT {', '.join(f'u.{name}{cast}' for name, _, _, cast in VALUE)} "
            f"FROM unnest({', '.join(f'${at}::{ty}[]' for at, (_, ty, _, _) in enumerate(VALUE, 1))}) AS u({names}){end}")


def plain_columns(ids):
    rows = [(f"Lena{n % 500}", f"Ortiz{n % 5000}", f"new.{n}@example.com", f"+4930{n}", "Engineer", "LEAD") for n in ids]
    return [array(TEXT, [text(value) for value in column]) for column in zip(*rows)]


def batches(first, seed):
    """(ids, documents) of each batch."""
    found = list(documents(seed))
    for at in range(0, COUNT, BATCH):
        yield list(range(first + at, first + at + BATCH)), found[at:at + BATCH]


def insert_jsonb(connection, schema):
    sql = insert_contact(f'{schema}."contact"', [("custom", "jsonb", JSONB)])
    for ids, custom in batches(1_000_000, 1):
        yield lambda: connection.run(sql, [array(UUID, map_list(uuid, ids)), array(JSONB, map_list(jsonb, custom)), *plain_columns(ids), NOW])


def insert_eav(connection, _schema):
    contact, value = insert_contact("eav.contact"), insert_values()
    for ids, custom in batches(1_000_000, 1):
        rows = [row for id, document in zip(ids, custom) for row in eav_rows(uuid(id), document)]
        columns = [list(column) for column in zip(*rows)]
        columns[1] = [struct.pack("!h", number) for number in columns[1]]
        parameters = [array(oid, column) for (_, _, oid, _), column in zip(VALUE, columns)]

        def both():
            connection.run(contact, [array(UUID, map_list(uuid, ids)), *plain_columns(ids), NOW])
            connection.run(value, parameters)
        yield both


def update_jsonb(connection, schema):
    """The document is written anew, as read before, with one field changed."""
    sql = (f'UPDATE {schema}."contact" AS t SET version = t.version + 1, updated_at = $3::timestamptz, "custom" = u."custom" '
           'FROM unnest($1::uuid[], $2::jsonb[]) AS u("id", "custom") WHERE t.id = u.id')
    rng = random.Random(2)
    for ids in updated():
        rows = connection.run(f'SELECT id, custom FROM {schema}."contact" WHERE id = ANY($1::uuid[])', [array(UUID, map_list(uuid, ids))])
        custom = [(row[0], {**json.loads(row[1][1:]), "score": rng.randrange(100000) / 100}) for row in rows]
        parameters = [array(UUID, [id for id, _ in custom]), array(JSONB, [jsonb(document) for _, document in custom]), NOW]
        yield lambda: connection.run(sql, parameters)


def update_eav(connection, _schema):
    """A value may be missing so far; the contact's version goes up, since the next writer checks it."""
    value = ("INSERT INTO eav.value (contact_id, field_id, number_value) SELECT u.id, 3, u.value FROM unnest($1::uuid[], $2::float8[]) AS u(id, value) "
             "ON CONFLICT (contact_id, field_id) DO UPDATE SET number_value = excluded.number_value")
    contact = "UPDATE eav.contact AS t SET version = t.version + 1, updated_at = $2::timestamptz WHERE t.id = ANY($1::uuid[])"
    rng = random.Random(2)
    for ids in updated():
        numbers = array(FLOAT8, [struct.pack("!d", rng.randrange(100000) / 100) for _ in ids])
        keys = array(UUID, map_list(uuid, ids))

        def both():
            connection.run(value, [keys, numbers])
            connection.run(contact, [keys, NOW])
        yield both


def updated():
    ids = random.Random(3).sample(range(1, 100_001), COUNT)
    return [ids[at:at + BATCH] for at in range(0, COUNT, BATCH)]


def map_list(function, items):
    return [function(item) for item in items]


# What is left in the list of a GIN index to be entered later is part of the write.
PENDING = {"jsonb": "SELECT gin_clean_pending_list('{schema}.contact_custom_idx')", "eav": "SELECT gin_clean_pending_list('eav.value_list_idx')"}
WRITES = [("insert 10,000 contacts with 8 fields", insert_jsonb, insert_eav), ("update one field of 10,000 contacts", update_jsonb, update_eav)]


def measure(connection, schema, side, write):
    """Seconds of CPU and bytes of log that the write takes; it is rolled back and cleaned up."""
    connection.plain("BEGIN; SET LOCAL plan_cache_mode = force_custom_plan")
    seconds = 0
    start = connection.plain("SELECT pg_current_wal_insert_lsn()")[0][0]
    for batch in write(connection, schema):
        before = connection.cpu()
        batch()
        seconds += connection.cpu() - before
    before = connection.cpu()
    connection.plain(PENDING[side].replace("{schema}", schema))
    seconds += connection.cpu() - before
    written = int(connection.plain(f"SELECT pg_current_wal_insert_lsn() - '{start}'")[0][0])
    connection.plain("ROLLBACK")
    for table in [f"{schema}.contact"] if side == "jsonb" else ["eav.contact", "eav.value"]:
        connection.plain(f"VACUUM {table}")
    return seconds, written
