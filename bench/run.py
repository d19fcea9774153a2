#!/usr/bin/env python3
"""Runs the harness of ../shared/bench with Rapport among its systems, signing in anew before each window."""
import json
import os
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
HARNESS = os.environ.get("RAPPORT_BENCH_HARNESS", os.path.join(HERE, "..", "..", "shared", "bench"))
sys.path.insert(0, HARNESS)
os.environ.setdefault("BENCH_WORK", os.path.join(HERE, ".work"))

import importlib.machinery  # noqa: E402
import importlib.util  # noqa: E402

from harness.system import System  # noqa: E402


def signed_in(method):
    """Access tokens live ten minutes; a run takes longer."""
    def wrapped(self, *args, **kwargs):
        if self.name == "rapport" and self.root:
            body = json.dumps({"email": "bench@example.com", "password": "rapport-bench-owner"}).encode()
            at = self.url.replace("/graphql", "/auth/sign-in")
            request = urllib.request.Request(at, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.token = json.load(answer)["accessToken"]
        return method(self, *args, **kwargs)
    return wrapped


System.ask = signed_in(System.ask)
System.window = signed_in(System.window)

loader = importlib.machinery.SourceFileLoader("bench_run", os.path.join(HARNESS, "run"))
spec = importlib.util.spec_from_loader("bench_run", loader)
bench = importlib.util.module_from_spec(spec)
loader.exec_module(bench)
sys.exit(bench.main())
