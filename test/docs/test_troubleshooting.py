# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""What docs/troubleshooting.md quotes of logs is what the code says."""

import ast
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'troubleshooting.md'
# Words of the page for what differs from log to log, and marks that end what is quoted whole.
PLACEHOLDERS = re.compile(
    r"\b(?:TOPIC|FILE|NAME|OTHER|POLICY|RELIABILITY|WxH|[HNTWX])\b|\.\.\.|: |['()]"
)
SAID_BY_OTHERS = ('ModuleNotFoundError', 'AttributeError', 'terminate called')
SHORTEST = 6  # characters that are worth to be looked for


def quoted(page: str) -> list[str]:
    """Return what the page quotes in the first column of tables whose heading speaks of a log."""
    found, in_log = [], False
    for line in page.splitlines():
        cells = line.split(' | ')
        if line.startswith('| ') and 'cause | remedy' in line:
            in_log = 'the log' in line
        elif line.startswith('| ') and in_log:
            found += re.findall(r'`([^`]+)`', cells[0])
    return [text for text in found if not text.startswith(SAID_BY_OTHERS)]


def fragments(text: str) -> list[str]:
    """Return the parts of a quotation between what differs from log to log."""
    parts = (part.strip(' ,;') for part in PLACEHOLDERS.split(text))
    return [part for part in parts if len(part) >= SHORTEST]


def strings(root: Path) -> list[str]:
    """Return the texts of the code, with a blank for what is filled in."""
    found = []
    for path in root.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = (v.value if isinstance(v, ast.Constant) else ' ' for v in node.values)
                found.append(''.join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


SAID = strings(ROOT / 'aiatrack_ros')


@pytest.mark.parametrize('text', quoted(PAGE.read_text()))
def test_the_code_says_so(text):
    assert fragments(text)
    for part in fragments(text):
        assert any(part in said for said in SAID), part


def test_words_that_nobody_says_are_found():
    row = '| `no picture on TOPIC for N s` | a | b |'
    assert quoted(f'| the log says | cause | remedy |\n|---|---|---|\n{row}\n') == [
        'no picture on TOPIC for N s'
    ]
    assert fragments('no picture on TOPIC for N s') == ['no picture on']
    assert not any('no picture on' in said for said in SAID)
