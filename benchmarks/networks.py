"""What every registered network costs: parameters, multiply-accumulates, activations.

Nothing is computed: the networks run on torch's meta device, so the size may be the full one.

Run: .venv/bin/python benchmarks/networks.py [--size 112 112 80] [--only NAME ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from glioscope.networks.cost import network_cost
from glioscope.networks.registry import Size, build, entry, example_inputs, names


def row(name: str, size: Size) -> dict[str, Any]:
    """Return the cost of one network in its default config, with the shapes of its inputs."""
    config = entry(name).config()
    inputs = example_inputs(name, config, size)
    cost = network_cost(build(name, config, seed=0), inputs)
    return {"inputs": [list(tensor.shape) for tensor in inputs], **dataclasses.asdict(cost)}


def show(rows: dict[str, dict[str, Any]]) -> None:
    """Print the table."""
    print(
        f"{'network':<27}{'input':<25}{'parameters':>13}{'GMAC':>9}{'inference':>13}{'training':>13}"
    )
    for name, cost in rows.items():
        shape = " x ".join(map(str, cost["inputs"][0]))
        memory = "".join(
            f"{cost[key] / 2**20:>9,.0f} MiB" for key in ("inference_bytes", "training_bytes")
        )
        gmac = cost["multiply_accumulates"] / 1e9
        print(f"{name:<27}{shape:<25}{cost['parameters']:>13,}{gmac:>9,.1f}{memory}")


def main() -> None:
    """Print the table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, nargs=3, default=[112, 112, 80], metavar="VOXELS")
    parser.add_argument("--only", nargs="+", default=list(names()), metavar="NAME")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    i, j, k = options.size
    rows = {name: row(name, (i, j, k)) for name in options.only}
    show(rows)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
