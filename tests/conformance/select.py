#!/usr/bin/env python3
"""Makes the selection in this folder from the whole conformance data: python3 select.py DATA

Of each vector suite one case of each stratum, and more of them, in turn, until there are 40; all scenarios; all replays.
"""
import collections
import itertools
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES = 40


def spread(groups, count):
    """Takes turns over the groups until there are enough, but one of each at least."""
    turns = itertools.chain.from_iterable(itertools.zip_longest(*(groups[name] for name in sorted(groups))))
    return list(itertools.islice((item for item in turns if item is not None), max(count, len(groups))))


def grouped(items, key):
    groups = collections.defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def main(data):
    for folder in ("vectors", "scenarios", "replays"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    (HERE / "vectors").mkdir()
    for path in sorted((data / "vectors").glob("*.jsonl")):
        # The shortest case of a stratum says the same as the longest.
        lines = sorted(path.read_text().splitlines(), key=len)
        chosen = spread(grouped(lines, lambda line: json.loads(line).get("stratum", "")), CASES)
        chosen.sort(key=lambda line: json.loads(line)["id"])
        (HERE / "vectors" / path.name).write_text("\n".join(chosen) + "\n")
    for path in itertools.chain((data / "scenarios").glob("*/*.json"), (data / "replays").glob("*.replay.json")):
        target = HERE / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
