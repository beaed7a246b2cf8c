"""Importing the office's own spreadsheets into the register of rooms and people.

A file is read (`reading`), its columns recognised or mapped by hand (`headers`), its rows turned into plain values with
their problems (`parsing`), compared with the register (`planning`) and put in (`applying`). The first four are pure
functions of plain values. Good rows go in; bad rows wait with their reasons; the same file twice changes nothing.

Who may touch it: people with `import.run` (manager, clerk, admin) on the web, and whoever may run `neiye import`.
"""
