"""The catalogue file: what gettext tools read in it, and what its texts must not contain."""

import re

from babel.messages.catalog import Catalog

from server.commands.messages import english, write
from server.lib.i18n import ngettext, speaking, translations


def test_the_written_file_names_its_charset_and_plural_rule_and_no_date(tmp_path):
    catalogue = Catalog(locale="en")
    catalogue.add("报修", "Report repair")
    write(tmp_path / "en.po", catalogue)
    written = (tmp_path / "en.po").read_text()
    assert "charset=UTF-8" in written
    assert "Plural-Forms: nplurals=2; plural=(n != 1);" in written
    assert "Date" not in written


def test_the_catalogue_knows_the_plural_rule():
    plural = translations("en").plural
    assert [plural(n) for n in (0, 1, 2)] == [1, 0, 1]
    with speaking("en"):
        assert ngettext("%(n)s", "%(n)s", 2) == "2"


def test_english_is_safe_inside_attributes():
    """Templates trust our texts as markup, so a double quote would end the attribute it stands in."""
    strings = [text for message in english() if message.id for text in (message.string or "",) if isinstance(text, str)]
    assert [text for text in strings if re.search(r'["<>&]', text)] == []
