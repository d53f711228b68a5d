#!/usr/bin/env python3
"""Makes the selection in this folder from the whole conformance data: python3 select.py DATA

Of each vector suite that .ci/conformance-floor names, up to 60 cases spread over the strata; all scenarios of the container lifecycle and up to 3
of each other folder; up to 60 replays spread over the first words of their names. What not-yet.txt names is left out.
"""
import collections
import itertools
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES, SCENARIOS, REPLAYS = 60, 3, 60


def spread(groups, count):
    """Takes turns over the groups until there are enough."""
    turns = itertools.chain.from_iterable(itertools.zip_longest(*(groups[name] for name in sorted(groups))))
    return list(itertools.islice((item for item in turns if item is not None), count))


def grouped(items, key):
    groups = collections.defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def main(data):
    left_out = {line.split("#")[0].strip() for line in (HERE / "not-yet.txt").read_text().splitlines()}
    for folder in ("vectors", "scenarios", "replays"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    (HERE / "vectors").mkdir()
    floor = (HERE / "../../.ci/conformance-floor").read_text().splitlines()
    for suite in (line.split()[0] for line in floor if line and not line.startswith("#")):
        path = data / "vectors" / f"{suite}.jsonl"
        if path.exists():
            # The shortest case of a stratum says the same as the longest.
            lines = sorted(path.read_text().splitlines(), key=len)
            chosen = spread(grouped(lines, lambda line: json.loads(line).get("stratum", "")), CASES)
            chosen.sort(key=lambda line: json.loads(line)["id"])
            (HERE / "vectors" / path.name).write_text("\n".join(chosen) + "\n")
    for folder in sorted(path for path in (data / "scenarios").iterdir() if path.is_dir()):
        files = [path for path in sorted(folder.glob("*.json")) if f"{folder.name}/{path.stem}" not in left_out]
        for path in files if folder.name == "container-lifecycle" else files[:SCENARIOS]:
            target = HERE / "scenarios" / folder.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    (HERE / "replays").mkdir()
    files = sorted((data / "replays").glob("*.replay.json"))
    files = [path for path in files if f"replays/{path.name.split('.')[0]}" not in left_out]
    for path in spread(grouped(files, lambda path: path.name.split("-")[0]), REPLAYS):
        shutil.copyfile(path, HERE / "replays" / path.name)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
