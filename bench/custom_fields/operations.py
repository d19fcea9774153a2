"""What is measured: each read as a GraphQL request, for which the gateway writes the SQL, and as what an EAV table would be asked."""

NODES = "{ nodes { id name status } }"
ALL = "territory plan score rate renewal vip budget { value currency } topics"
HEAD = "t.id, t.name, t.status"
FIRST = "ORDER BY t.created_at, t.id LIMIT 50"
FIELD = {"territory": (1, "text_value"), "plan": (2, "text_value"), "score": (3, "number_value"), "rate": (4, "decimal_value"),
         "renewal": (5, "date_value"), "vip": (6, "boolean_value"), "budget": (7, "decimal_value"), "topics": (8, "list_value")}
VALUES = "v.field_id, v.text_value, v.number_value, v.decimal_value, v.currency, v.date_value, v.boolean_value, v.list_value"


def eav(select, end, *conditions):
    """Contacts that meet all conditions, each (field, with {} for the column)."""
    joins, where = "", "t.deleted_at IS NULL"
    for at, (field, condition) in enumerate(conditions):
        number, column = FIELD[field]
        joins += f" JOIN eav.value v{at} ON v{at}.contact_id = t.id"
        where += f" AND v{at}.field_id = {number} AND " + condition.replace("{}", f"v{at}.{column}")
    return f"SELECT {select} FROM eav.contact t{joins} WHERE {where} {end}".strip()


def eav_sorted(field, direction):
    """Contacts with a value come first, whatever the direction; only if they are too few are others needed."""
    number, column = FIELD[field]
    return (f"SELECT {HEAD} FROM eav.value v JOIN eav.contact t ON t.id = v.contact_id WHERE v.field_id = {number} AND v.{column} IS NOT NULL "
            f"AND t.deleted_at IS NULL ORDER BY v.{column} {direction}, t.id LIMIT 50")


class Read:
    def __init__(self, name, graphql, eav_sql, samples, eav_parameters=None, contained=False):
        self.contained = contained
        self.name, self.graphql, self.eav_sql, self.samples = name, graphql, eav_sql, samples
        self.eav_parameters = eav_parameters or (lambda sample: [str(value) for value in sample])


def listed(condition):
    return f"{{ contacts(first: 50, filter: {condition}) {NODES} }}"


def sorted_by(key):
    return f"{{ contacts(first: 50, orderBy: [{{ {key} }}]) {NODES} }}"


def counted(condition):
    return f"{{ contacts(first: 1, filter: {condition}) {{ totalCount }} }}"


TERRITORIES = [(f"T{n:04}",) for n in (3, 141, 592, 653, 897)]
PLANS = [("FREE",), ("TEAM",), ("BUSINESS",), ("TRIAL",)]
SCORES = [(n, n + 10) for n in (31, 170, 422, 655, 870)]  # 1 %
RATES = [(f"{n}.000", f"{n + 1}.000") for n in (3, 17, 42, 65, 87)]  # 1 %
DAYS = [(f"202{n}-0{n}-01", f"202{n}-0{n}-11") for n in (4, 5, 6)]  # 1 %
MONTHS = [(f"2024-0{n}-01", f"2024-0{n + 2}-01") for n in (1, 3, 5, 7)]  # 6 %
AMOUNTS = [(f"{n}", f"{n + 1000}") for n in (3100, 17000, 42200, 65500, 87000)]  # 1 %
TOPICS = [("A3",), ("B7",), ("C11",), ("A19",)]
DEEP = [(f"T{n:04}", 500) for n in (3, 141, 592, 653, 897)]

READS = [
    Read("text equals, list of 50 (of 90)", listed('{territory: {eq: "{0}"}}'), eav(HEAD, FIRST, ("territory", "{} = $1")), TERRITORIES),
    Read("select equals, list of 50 (of 18,000)", listed("{plan: {eq: {0}}}"), eav(HEAD, FIRST, ("plan", "{} = $1")), PLANS),
    Read("boolean equals, list of 50 (of 5,000)", listed("{vip: {eq: true}}"), eav(HEAD, FIRST, ("vip", "{} = true")), [()]),
    Read("multi-select contains, list of 50 (of 4,500)", listed("{topics: {containsAny: [{0}]}}"),
         eav(HEAD, FIRST, ("topics", "{} && $1::text[]")), TOPICS, lambda sample: ["{" + sample[0] + "}"], contained=True),
    Read("number in a range, list of 50 (of 900)", listed("{score: {gte: {0}, lt: {1}}}"), eav(HEAD, FIRST, ("score", "{} >= $1 AND {} < $2")), SCORES),
    Read("decimal in a range, list of 50 (of 900)", listed('{rate: {gte: "{0}", lt: "{1}"}}'), eav(HEAD, FIRST, ("rate", "{} >= $1 AND {} < $2")), RATES),
    Read("date in a range, list of 50 (of 900)", listed('{renewal: {gte: "{0}", lt: "{1}"}}'), eav(HEAD, FIRST, ("renewal", "{} >= $1 AND {} < $2")), DAYS),
    Read("amount in a range, list of 50 (of 900)", listed('{budget: {gte: "{0}", lt: "{1}"}}'), eav(HEAD, FIRST, ("budget", "{} >= $1 AND {} < $2")), AMOUNTS),
    Read("select equals, count (18,000)", counted("{plan: {eq: {0}}}"), eav("count(*)", "", ("plan", "{} = $1")), PLANS),
    Read("date in a range, count (5,500)", counted('{renewal: {gte: "{0}", lt: "{1}"}}'), eav("count(*)", "", ("renewal", "{} >= $1 AND {} < $2")), MONTHS),
    Read("sort by a number, ascending, first 50", sorted_by("score: ASC"),
         eav_sorted("score", "ASC"), [()]),
    Read("sort by a number, descending, first 50", sorted_by("score: DESC"),
         eav_sorted("score", "DESC"), [()]),
    Read("text equals and number above, list of 50", listed('{territory: {eq: "{0}"}, score: {gte: {1}}}'),
         eav(HEAD, FIRST, ("territory", "{} = $1"), ("score", "{} >= $2")), DEEP),
    Read("select equals and date in a range, list of 50 (of 1,100)", listed('{plan: {eq: TEAM}, renewal: {gte: "{0}", lt: "{1}"}}'),
         eav(HEAD, FIRST, ("plan", "{} = 'TEAM'"), ("renewal", "{} >= $1 AND {} < $2")), MONTHS),
    Read("page of 50 with all 8 fields", "{ contacts(first: 50, filter: {createdAt: {gt: \"{0}\"}}) { nodes { id name status ALL } } }",
         f"SELECT {HEAD}, {VALUES} FROM (SELECT * FROM eav.contact t WHERE t.deleted_at IS NULL AND t.created_at > $1 {FIRST}) t "
         "LEFT JOIN eav.value v ON v.contact_id = t.id ORDER BY t.created_at, t.id", [(f"2024-0{n}-01T00:00:00Z",) for n in (1, 3, 5, 7)]),
    Read("one contact with all 8 fields", '{ contact(id: "{0}") { id name status ALL } }',
         f"SELECT {HEAD}, {VALUES} FROM eav.contact t LEFT JOIN eav.value v ON v.contact_id = t.id WHERE t.id = $1 AND t.deleted_at IS NULL",
         [(f"00000000-0000-7000-8000-{n:012x}",) for n in (3141, 59265, 35897, 93238)]),
]


def contained(sql, topics, *rest):
    """The condition on a multi-select as the index on `custom` could serve it."""
    sql = sql.replace("(t.custom->'topics') ?| $1::text[]", "t.custom @> $1::jsonb")
    return sql, ['{"topics": ["%s"]}' % topics.strip("{}"), *rest]


def request(text, sample):
    text = text.replace("ALL", ALL)
    for at, value in enumerate(sample):
        text = text.replace("{%d}" % at, str(value))
    return text


# The same condition on a standard column and on a custom field.
TWINS = [
    ("text equals, list of 50 (of 90)", listed, '{territory: {eq: "{0}"}}', TERRITORIES),
    ("select equals, list of 50 (of 20,000)", listed, "{statusTwin: {eq: {0}}}", [("LEAD",), ("CUSTOMER",), ("CHURNED",)]),
    ("e-mail equals, list (of 1)", listed, '{emailTwin: {eq: "lena.{0}@example.com"}}', [(31415,), (92653,), (58979,), (3238,)]),
    ("number in a range, list of 50 (of 900)", listed, "{score: {gte: {0}, lt: {1}}}", SCORES),
    ("decimal in a range, list of 50 (of 900)", listed, '{rate: {gte: "{0}", lt: "{1}"}}', RATES),
    ("date in a range, list of 50 (of 900)", listed, '{renewal: {gte: "{0}", lt: "{1}"}}', DAYS),
    ("text equals, count (90)", counted, '{territory: {eq: "{0}"}}', TERRITORIES),
    ("select equals, count (20,000)", counted, "{statusTwin: {eq: {0}}}", [("LEAD",), ("CUSTOMER",), ("CHURNED",)]),
    ("number in a range, count (900)", counted, "{score: {gte: {0}, lt: {1}}}", SCORES),
    ("decimal in a range, count (900)", counted, '{rate: {gte: "{0}", lt: "{1}"}}', RATES),
    ("date in a range, count (5,500)", counted, '{renewal: {gte: "{0}", lt: "{1}"}}', MONTHS),
    ("instant in a range, count (2,900)", counted, '{createdTwin: {gte: "{0}T00:00:00Z", lt: "{1}T00:00:00Z"}}',
     [("2023-04-01", "2023-05-01"), ("2024-02-01", "2024-03-01"), ("2025-01-01", "2025-02-01")]),
]
# Expressions of custom fields as the gateway writes them, with the casts of operands, and the standard column.
STANDARD = [
    ("(t.custom->>'createdTwin' COLLATE \"C\")", 't."created_at"'), ("(t.custom->>'renewal' COLLATE \"C\")", 't."renewal"'),
    ("(t.custom->>'statusTwin')", 't."status"'), ("(t.custom->>'emailTwin')", 't."email"'), ("(t.custom->>'territory')", 't."territory"'),
    ("((t.custom->'score')::float8)", 't."score"'), ("((t.custom->>'rate')::numeric)", 't."rate"'),
]


def on_standard_column(sql):
    for custom, column in STANDARD:
        sql = sql.replace(custom, column)
    if 't."renewal"' in sql:
        sql = sql.replace("::text", "::date")
    if 't."created_at" >=' in sql:
        sql = sql.replace("::text", "::timestamptz")
    if "custom" in sql:
        raise SystemExit(f"a custom field in a shape that bench/custom_fields does not know: {sql}")
    return sql


# End to end: a standard field and its twin.
PAIRS = [
    ("select equals, list of 50", listed, "{%s: {eq: {0}}}", ("status", "statusTwin"), [("LEAD",), ("CUSTOMER",), ("CHURNED",)]),
    ("select equals, count (20,000)", counted, "{%s: {eq: {0}}}", ("status", "statusTwin"), [("LEAD",), ("CUSTOMER",), ("CHURNED",)]),
    ("e-mail equals, list (of 1)", listed, '{%s: {eq: "lena.{0}@example.com"}}', ("email", "emailTwin"), [(31415,), (92653,), (58979,)]),
    ("instant in a range, count (2,900)", counted, '{%s: {gte: "{0}T00:00:00Z", lt: "{1}T00:00:00Z"}}', ("createdAt", "createdTwin"),
     [("2023-04-01", "2023-05-01"), ("2024-02-01", "2024-03-01"), ("2025-01-01", "2025-02-01")]),
]
