"""What must hold everywhere: guards, translations, settings, the tree, the schema, the words of the screens."""

import re
import subprocess
from pathlib import Path

import pytest

from server.audit.words import ACTIONS, AREAS
from server.commands.messages import collected, english, untranslated
from server.config import ROOT
from server.jobs.queue import handlers
from server.jobs.words import KINDS
from server.lib.i18n import LOCALES
from server.security.capabilities import CAPABILITIES, COMPANY_ONLY, DEFAULTS, OVERSIGHT, POSTS

PYTHON = sorted((ROOT / "server").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())


def route_handlers():
    from server.app import create_app

    for route in create_app().app.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.fn.__name__ not in ("options_handler",):
                yield route.path, handler


def test_every_route_names_its_guard_or_says_public():
    unguarded = [f"{path} {handler.fn.__name__}" for path, handler in route_handlers() if not handler.resolve_guards()]
    assert unguarded == []


def test_every_capability_a_guard_asks_for_exists_and_is_asked_for():
    asked = {
        name
        for _path, handler in route_handlers()
        for guard in handler.resolve_guards()
        for name in getattr(guard, "capabilities", ())
    }
    assert asked <= set(CAPABILITIES)
    used = {
        name
        for name in CAPABILITIES
        if any(f'"{name}"' in path.read_text() for path in PYTHON + TEMPLATES if path.name != "capabilities.py")
    }
    assert set(CAPABILITIES) - used == set()


def test_the_matrix_speaks_of_known_posts_and_capabilities():
    assert set(DEFAULTS) == set(POSTS)
    assert set().union(*DEFAULTS.values()) | OVERSIGHT | COMPANY_ONLY <= set(CAPABILITIES)


def test_every_text_has_english():
    assert untranslated() == []


def test_english_keeps_every_placeholder():
    placeholders = re.compile(r"%\((\w+)\)s")
    known = english()
    for message in collected():
        found = known.get(message.id)
        if not message.id or found is None:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = found.string if isinstance(found.string, tuple) else (found.string,)
        wanted = set(placeholders.findall(ids[-1]))
        for string in strings:
            assert set(placeholders.findall(string)) <= wanted, string
            assert len(strings) > 1 or set(placeholders.findall(string)) == wanted, string


def test_chinese_is_never_outside_the_catalogue_in_templates():
    outside = []
    for path in TEMPLATES:
        text = re.sub(r"\{#.*?#\}|<!--.*?-->|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
        text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("//", "*", "/*")))
        if re.search(r"[\u4e00-\u9fff]", text):
            outside.append(path.name)
    assert outside == []


def test_templates_have_no_inline_script_style_or_handler():
    bad = re.compile(
        r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)|\sstyle\s*=|<style|\son\w+\s*=\s*[\"']|javascript:",
        re.IGNORECASE,
    )
    found = [
        str(path.relative_to(ROOT)) for path in TEMPLATES if path.suffix == ".html" and bad.search(path.read_text())
    ]
    assert found == []


def test_nothing_escapes_escaping():
    found = [
        str(path.relative_to(ROOT))
        for path in TEMPLATES
        if re.search(r"\|\s*safe\b|autoescape false", path.read_text())
    ]
    assert found == []


def test_every_setting_is_in_the_readme():
    names = set(
        re.findall(r'"((?:NEIYE|S3|DATABASE|SECRET|PUBLIC)_[A-Z0-9_]+)"', (ROOT / "server" / "config.py").read_text())
    )
    readme = (ROOT / "README.md").read_text()
    assert {name for name in names if f"`{name}`" not in readme} == set()


def test_every_command_is_in_the_readme():
    from server.commands import COMMANDS

    readme = (ROOT / "README.md").read_text()
    assert {name for name in COMMANDS if f"neiye {name}" not in readme} == set()


def test_only_the_agreed_entries_lie_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    tops = {name.split("/")[0] for name in listed if name} or {path.name for path in ROOT.iterdir()}
    agreed = {
        "pyproject.toml",
        "server",
        "templates",
        "static",
        "migrations",
        "tests",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
    }
    assert {name for name in tops if not name.startswith(".")} - {"var"} <= agreed


def test_every_audited_action_has_a_name():
    literal = re.compile(r'record\(\s*\w+,\s*(f?)"([a-z_]+)\.([a-z_{}]+)"')
    actions = {
        f"{area}.{verb}"
        for path in PYTHON
        for formatted, area, verb in literal.findall(path.read_text())
        if not formatted
    }
    assert actions - set(ACTIONS) == set()
    assert {action.split(".")[0] for action in ACTIONS} == set(AREAS)


def test_every_kind_of_job_has_a_name():
    import server.recurring  # noqa: F401
    from server.app import create_app

    create_app()
    assert {kind for kind in handlers if not kind.startswith("test.")} - set(KINDS) == set()


def test_every_public_function_says_what_it_does():
    """Ruff checks that docstrings exist (D1); this checks that modules begin with one that says something."""
    for path in PYTHON:
        if path.name == "__init__.py" and not path.read_text().strip():
            continue
        assert re.match(r'"""[^"]{10,}', path.read_text()), path


def test_vendored_libraries_say_version_and_licence():
    for folder in (ROOT / "static" / "vendor").iterdir():
        assert re.search(r"-\d+\.\d+", folder.name), folder
        assert any(path.name.upper().startswith("LICEN") for path in folder.iterdir()), folder


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "zh-CN"])
def test_the_catalogue_compiles(locale):
    from server.lib.i18n import translations

    assert translations(locale).gettext("报修") != "报修"


def test_the_tree_names_no_workplace():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    banned = re.compile(
        r"/work/|\.\./shared|shared/(mission|design|domain|style|sync|stack|offline|components)|/root/|CONTRACT\.md"
    )
    found = []
    for name in listed:
        path = Path(ROOT / name)
        small = (
            name and path.is_file() and path.suffix in {".py", ".md", ".toml", ".html", ".js", ".css", ".sql", ".po"}
        )
        if small and name != "tests/conventions/test_conventions.py" and banned.search(path.read_text()):
            found.append(name)
    assert found == []
