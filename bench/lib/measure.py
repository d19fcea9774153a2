"""How sides are measured beside each other, and the report of it."""
import os
import statistics
import time

ROUNDS = 7
# Of each side and round: enough for the clock.
SLICE = 0.04


class Report:
    """Figures and query plans, written to two files of a folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.figures, self.plans = [], []

    def table(self, title, head, rows):
        self.figures += ["", f"### {title}", "", "| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
        self.figures += ["| " + " | ".join(row) + " |" for row in rows]
        print("\n".join(self.figures[-len(rows) - 5:]), flush=True)

    def write(self):
        os.makedirs(self.folder, exist_ok=True)
        for kind, lines in (("figures", self.figures), ("plans", self.plans)):
            with open(os.path.join(self.folder, f"{self.name}-{kind}.md"), "w") as file:
                file.write("\n".join(lines).strip() + "\n")


def step(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def beside(sides):
    """Milliseconds of CPU of one run of each side: the fastest round, and the median. A side is a connection and a list of (SQL, parameters)."""
    took = {side: [] for side in sides}
    repeat = {}
    for side, (connection, runs) in sides.items():
        for _ in range(6 if len(runs) < 4 else 2):  # PostgreSQL decides about the plan it keeps
            for run in runs:
                connection.run(*run)
        before = connection.cpu()
        for run in runs:
            connection.run(*run)
        repeat[side] = max(1, min(50, int(SLICE / max(connection.cpu() - before, 1e-5))))
    for at in range(ROUNDS):
        for side in list(sides) if at % 2 else list(reversed(sides)):
            connection, runs = sides[side]
            before = connection.cpu()
            for _ in range(repeat[side]):
                for run in runs:
                    connection.run(*run)
            took[side].append((connection.cpu() - before) * 1000 / repeat[side] / len(runs))
    return {side: (min(times), statistics.median(times)) for side, times in took.items()}


def explain(connection, report, title, sql, parameters):
    literals = ", ".join("NULL" if value is None else "'" + str(value).replace("'", "''") + "'" for value in parameters)
    connection.plain(f"PREPARE shown AS {sql}")
    plan = connection.plain(f"EXPLAIN (ANALYZE, BUFFERS) EXECUTE shown{f'({literals})' if literals else ''}")
    connection.plain("DEALLOCATE shown")
    report.plans += [f"## {title}", "", "```", sql, *(f"-- ${at} = {value}" for at, value in enumerate(parameters, 1)), "",
                     *(row[0] for row in plan), "```", ""]


def captured(gateway, slug, query):
    found = gateway.statements_of(slug, query)
    if len(found) != 1:
        raise SystemExit(f"{query} made {len(found)} statements, not one: {found}")
    return found[0]


def row(name, first, second):
    return [name, *(f"{best:.3f} ({median:.3f})" for best, median in (first, second)), f"{second[0] / first[0]:.2f}"]
