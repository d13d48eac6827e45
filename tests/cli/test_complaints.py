"""A complaint on a terminal: the line and its mark fit, and nothing secret or harmful in a file is shown."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from syncd import settings
from syncd.cli import complaints
from syncd.cli.source import excerpt
from tests.mapping import cases


@pytest.fixture(autouse=True)
def _third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(cases.THIRD_PARTY))
    for name, value in cases.SECRETS.items():
        monkeypatch.setenv(name, value)


def _shown(folder: Path, *, width: int = 80) -> str:
    config = folder / "syncd.yaml"
    own = config.exists()
    found = settings.examine(config if own else cases.BASE, mappings=None if own else sorted(folder.glob("*.yaml")))
    out = io.StringIO()
    complaints.show(found.complaints, to=Console(file=out, width=width, soft_wrap=True, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 100])
def test_lines_fit_the_terminal(width: int) -> None:
    lines = _shown(cases.BROKEN / "rule-severity", width=width).splitlines()
    at, mark = next((at, line) for at, line in enumerate(lines) if "^" in line)
    assert lines[at - 1][mark.index("^") : mark.rindex("^") + 1] == "severity"
    assert all(len(line) <= width for line in lines if "-->" not in line)


@pytest.mark.parametrize(
    ("case", "hidden"),
    [("secret-in-file", "dGhpcyBpcyBzZWNyZXQ"), ("secret-in-store", "hunter22"), ("url-credentials", "hunter22")],
)
def test_a_secret_in_the_file_is_not_shown(case: str, hidden: str) -> None:
    shown = _shown(cases.BROKEN / case)
    assert hidden not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "line",
    [
        '    token: "hunter22, and hunter22"\n\tx: 1',
        "    token: hunter22 @ hunter22\n\tx: 1",
        "    token:\n\thunter22",
        "    token: >\n\thunter22",
        "    token: |\n      one\n\thunter22",
        "    password: hunter22\n    password: hunter22",
        "    api_key: hunter22: hunter22",
        "    key: 'hunter22",
        "    {token: hunter22, url: [}",
        '    {"token": "hunter22, hunter22", url: [}',
        "    - token: hunter22: hunter22",
    ],
)
def test_a_secret_in_a_file_that_is_no_yaml_is_not_shown_either(line: str, tmp_path: Path) -> None:
    (tmp_path / "syncd.yaml").write_text(f"version: 1\nconnections:\n  desk:\n{line}\n")
    shown = _shown(tmp_path)
    assert "error" in shown
    assert "hunter22" not in shown


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in _shown(cases.BROKEN / "yaml-escape-character")


words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)


@given(
    before=st.text("ab 語é", max_size=60), word=words, after=st.text("ab 語é", max_size=60), width=st.integers(30, 120)
)
def test_the_mark_is_under_the_word(before: str, word: str, after: str, width: int) -> None:
    found = excerpt([f"{before}{word}{after}."], 1, column=len(before) + 1, length=len(word), width=width)
    assert found is not None
    assert cell_len(found.text) <= width
    at = next(at for at in range(len(found.text) + 1) if cell_len(found.text[:at]) >= found.offset)
    assert found.text[at:].startswith(word)
    assert found.length == cell_len(word)
