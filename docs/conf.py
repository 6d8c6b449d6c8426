"""How Sphinx builds the documents."""

from importlib.metadata import version as version_of

project = "nuclarium"
project_copyright = "the nuclarium developers"
release = version_of("nuclarium")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "tools"]

myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
default_role = "code"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"nuclarium {release}"
html_show_sphinx = False
