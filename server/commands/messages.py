"""`neiye messages`: collect every text of the screens into the English catalogue, and say which still lack English."""

from collections.abc import Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from server.config import ROOT
from server.lib.i18n import CATALOGUES

ENGLISH = CATALOGUES / "en.po"
HEADER = r"""msgid ""
msgstr ""
"Language: en\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
SOURCES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("python", "server", "*.py", {}),
    ("jinja2.ext:babel_extract", "templates", "*", {"trimmed": "false", "extensions": "jinja2.ext.do"}),
    ("javascript", "static/js", "*.js", {"parse_template_string": "true"}),
)


def texts() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Yield (file, text) for every text of the code and the templates; plural ones are tuples."""
    for method, folder, pattern, options in SOURCES:
        for path in sorted((ROOT / folder).rglob(pattern)):
            if path.is_file():
                found = extract_from_file(method, path, keywords=KEYWORDS, options=options)
                for _line, message, _comments, _context in found:
                    yield path.relative_to(ROOT).as_posix(), message


def collected() -> Catalog:
    """Return a catalogue of all texts, in the order of the alphabet of their files."""
    catalogue = Catalog(project="Neiye", fuzzy=False)
    for path, message in texts():
        catalogue.add(message, locations=[(path, 0)])
    return catalogue


def english() -> Catalog:
    """Return the English catalogue as it is."""
    if not ENGLISH.exists():
        return Catalog(locale="en", project="Neiye", fuzzy=False)
    with ENGLISH.open("rb") as source:
        return read_po(source, locale="en")


def untranslated() -> list[str]:
    """Return the texts that have no English."""
    known, missing = english(), []
    for message in collected():
        if message.id:
            found = known.get(message.id)
            strings = () if found is None else found.string if isinstance(found.string, tuple) else (found.string,)
            if not strings or not all(strings):
                missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def write(path: Path, catalogue: Catalog) -> None:
    """Write `catalogue` without line numbers and dates, so that only real changes show in its history.

    The header is our own: Babel's names dates and people, but gettext tools need the charset and the plural rule.
    """
    with path.open("wb") as target:
        target.write(HEADER.encode())
        write_po(
            target, catalogue, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True
        )


@click.command()
def messages() -> None:
    """Collect the texts into server/locale/en.po, and list those without English."""
    catalogue = english()
    catalogue.update(collected(), no_fuzzy_matching=True)
    write(ENGLISH, catalogue)
    missing = untranslated()
    click.echo(f"{len(catalogue)} texts, {len(missing)} without English")
    for text in missing:
        click.echo(f"  {text}")
