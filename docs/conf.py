# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the site: `make docs`, or rosdoc2."""

import importlib.util
import os
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


# Pages of the site that lie elsewhere in the repository; each is included by a page in docs/.
PAGES = {
    'README.md': 'index.md',
    'CHANGELOG.rst': 'changelog.rst',
    'CONTRIBUTING.md': 'contributing.md',
    'QUALITY_DECLARATION.md': 'quality_declaration.md',
    'SECURITY.md': 'security.md',
    'config/train/history/README.md': 'training_history.md',
}


def with_links_from_docs(text: str, folder: str) -> str:
    """Return Markdown of a folder with its links to files turned into links from docs/."""

    def link(match: re.Match) -> str:
        path = os.path.normpath(os.path.join(folder, match[1]))
        return f']({PAGES.get(path) or os.path.relpath(path, "docs")})'

    return re.sub(r'\]\((?!https?:|#)([^)]+)\)', link, text)


def include_pages(_app: Any, _docname: str, source: list[str]) -> None:
    """Put in the pages that lie elsewhere."""

    def content(mark: re.Match) -> str:
        return with_links_from_docs((ROOT / mark[1]).read_text(), os.path.dirname(mark[1]))

    source[0] = re.sub(r'<!-- include (\S+) -->', content, with_links_from_docs(source[0], 'docs'))


def setup(app: Any) -> None:
    """Add what the extensions lack."""
    app.connect('source-read', include_pages)
