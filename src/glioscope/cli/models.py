"""glioscope models: what is shipped, and how good it was measured to be."""

from __future__ import annotations

import json
from typing import Any

import typer

from glioscope.cli import options
from glioscope.core import weights_folder


def models(*, as_json: options.Json = False) -> None:
    """List the shipped models and atlases with version, size, license and card."""
    found = [_described(name) for name in sorted(path.name for path in _folders())]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for model in found:
        typer.echo(f"{model['name']} {model['version']}  {model['size_mb']:.1f} MB")
        typer.echo(f"  {model['summary']}")
        typer.echo(f"  license {model['license']}, card {model['card']}")


def _folders() -> list[Any]:
    return [path for path in weights_folder("").iterdir() if (path / "card.json").is_file()]


def _described(name: str) -> dict[str, Any]:
    folder = weights_folder(name)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    return {
        "name": name,
        "version": card.get("version", "-"),
        "summary": card.get("summary", card.get("name", "-")),
        "license": card.get("license", "-"),
        "size_mb": round(size / 1e6, 2),
        "card": str(folder / "card.md"),
    }
