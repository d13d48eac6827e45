"""The config of `syncd demo` without its vendors: a drill reaches none."""

from __future__ import annotations

from pathlib import Path

from syncd import demo, registry


def write(home: Path) -> Path:
    """Write config, mapping and policy below `home`; the config's path."""
    vendors = {name: registry.simulator(kind)() for name, kind in demo.VENDORS.items()}
    for vendor in vendors.values():
        vendor.url = "http://127.0.0.1:9"  # the port that discards (RFC 863); nobody asks there
    return demo.write_config(home, vendors)
