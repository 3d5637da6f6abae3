# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the site: `make docs`, or rosdoc2."""

import importlib.util
from pathlib import Path
import re
import sys
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = 'aiatrack_ros'
author = 'The aiatrack_ros authors'
copyright = '2026, The aiatrack_ros authors'  # noqa: A001 - Sphinx wants this name
release = re.search(r"__version__ = '(.*)'", (ROOT / project / '__init__.py').read_text())[1]

extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon']
myst_enable_extensions = ['fieldlist']
myst_heading_anchors = 3
exclude_patterns = ['_build']

# What needs torch is left out where it is missing, as on the machines that build for ROS.
if importlib.util.find_spec('torch') is None:
    suppress_warnings = ['autodoc.import_object']
autodoc_default_options = {'members': True, 'member-order': 'bysource'}
autodoc_typehints = 'description'

html_theme = 'alabaster'
html_theme_options = {'description': 'Follow one target that you point at', 'page_width': '70em'}


def include_with_links(app: Any, _docname: str, source: list[str]) -> None:
    """Put the files in that a page names, with links that work from here."""

    def from_here(link: re.Match) -> str:
        target = link[1].removeprefix('docs/')
        for page in (target, target.lower()):  # CHANGELOG.rst is the page changelog.rst
            if (Path(app.srcdir) / page).exists():
                return f']({page})'
        return f'](../{target})'

    def content(mark: re.Match) -> str:
        text = (Path(app.srcdir).parent / mark[1]).read_text()
        return re.sub(r'\]\((?!https?:|#)([^)]+)\)', from_here, text)

    source[0] = re.sub(r'<!-- include (\S+) -->', content, source[0])


def setup(app: Any) -> None:
    """Add what the extensions lack."""
    app.connect('source-read', include_with_links)
