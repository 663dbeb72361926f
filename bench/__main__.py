"""`make bench`: one JSON line a benchmark. `make bench BENCH="collect_http segment_full"` runs some."""

from __future__ import annotations

import importlib
import json
import sys

NAMES = ("collect_http", "tick_1m", "segment_full", "backtest", "attribution", "web")


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        sys.stderr.write(f"no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}\n")
        return 2
    for name in wanted or NAMES:
        result = importlib.import_module(f"bench.{name}").run()
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
