"""Field pages: those that work in a basement. The phone's service worker is a second, small server with the same pages.

A field page is a template in `templates/field/` over plain documents. `documents.py` says which kinds of documents there are and how they
are built from our tables; `pages.py` which page shows which of them; `reducers.py` how an operation changes a document, in Python
here and in JavaScript on the phone, kept equal by `tests/field/test_parity.py`. `compiler.py` turns the templates into JavaScript
(its docstring has the rules for their authors), `release.py` makes that a file of each release.
"""
