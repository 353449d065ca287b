"""Whatever the code and the docs point to is there: sections, goals, files, names in files, links and commands.

The code cites the docs in a few fixed ways, which `CONTRIBUTING.md` lists. Each check below finds one of them in all
Python files, templates and documents, and has a bad example that it must flag.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands

from cases.security import fact_models

ROOT: Path = settings.BASE_DIR
NOT_OURS = {".git", ".venv", "node_modules", "var", ".hypothesis", "test-results", "__pycache__"}
# By the word of the code: the document whose sections have the number. A word without its document leads nowhere.
SECTIONS_OF = {
    "design": "docs/architecture.md",
    "domain": "docs/domain.md",
    "house": "docs/house.md",
    "stack": "docs/stack.md",
}
NUMBERS = r"\d+(?:\.\d+)?(?:(?:,| and| or)\s+\d+\.\d+)*"
SECTION = re.compile(rf"\b({'|'.join(SECTIONS_OF)})\s+({NUMBERS})")
GOAL = re.compile(r"\bstandards(?:\.md`)?\s+([A-F][-.]\d+)", re.IGNORECASE)
TRAP = re.compile(r"\btraps?\s+(\d+)", re.IGNORECASE)
FOOTNOTE = re.compile(r"\bletter,\s+footnote\s+(\d+)")
FINDING = re.compile(r"\bdomain,\s+finding\s+(\d+)")
QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
IS_PATH = re.compile(r"[\w-][\w.-]*(?:/[\w.-]+)*(?:\.(?:py|md|html|toml|yml|css|js|csv|json|txt|png|typ)|/)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:python manage\.py|\./run manage)\s+([a-z_]+)")
# Files that somebody makes; they are none of ours.
MADE = {"uitgave.json", "sleutels.json", "bewijs.json"}
Check = Callable[[Path, str], Iterator[str]]


@cache
def files() -> tuple[Path, ...]:
    """All files of ours, also those that are new."""
    found = (path for path in ROOT.rglob("*") if not NOT_OURS.intersection(path.relative_to(ROOT).parts))
    return tuple(sorted(path for path in found if path.is_file()))


@cache
def names() -> frozenset[str]:
    return frozenset(path.name for path in files())


def sources() -> Iterator[tuple[Path, str]]:
    """What can point somewhere; this file holds the bad examples."""
    for path in files():
        if path != Path(__file__) and path.suffix in {".py", ".html", ".md", ".toml", ".yml", ".css", ".js", ".typ"}:
            yield path, path.read_text()


@cache
def read(name: str) -> str:
    path = ROOT / name
    return path.read_text() if path.exists() else ""


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)


def slug(heading: str) -> str:
    """The anchor that a page of Markdown gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def defined(path: Path) -> frozenset[str]:
    """The names of a module, and as `Class.name` those of its classes."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        for name in _names_of(node):
            found.add(name)
            if isinstance(node, ast.ClassDef):
                found.update(f"{name}.{inner}" for part in node.body for inner in _names_of(part))
    return frozenset(found)


def _names_of(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def sections(path: Path, text: str) -> Iterator[str]:
    """`design 3.1` and `domain 2.2 and 2.3` name a heading that begins with the number."""
    for word, numbers in SECTION.findall(text):
        there = {heading.split()[0].rstrip(".") for heading in headings(read(SECTIONS_OF[word]))}
        yield from (f"{word} {number}" for number in re.findall(r"[\d.]*\d", numbers) if number not in there)


def goals(path: Path, text: str) -> Iterator[str]:
    there = set(re.findall(r"^\| ([A-F]-\d+) \|", read("docs/standards.md"), re.MULTILINE))
    yield from (f"standards {goal}" for goal in GOAL.findall(text) if goal not in there)


def traps(path: Path, text: str) -> Iterator[str]:
    there = set(re.findall(r"^\| Trap (\d+) \|", read("docs/decisions/two-walls.md"), re.MULTILINE))
    yield from (f"trap {number}" for number in TRAP.findall(text) if number not in there)


def parts_of_the_domain(path: Path, text: str) -> Iterator[str]:
    domain = read("docs/domain.md")
    footnotes = {number for heading in headings(domain) for number in re.findall(r"Footnote (\d+)", heading)}
    findings = set(re.findall(r"^(\d+)\. \*\*", domain, re.MULTILINE))
    yield from (f"letter, footnote {number}" for number in FOOTNOTE.findall(text) if number not in footnotes)
    yield from (f"domain, finding {number}" for number in FINDING.findall(text) if number not in findings)


def paths(path: Path, text: str) -> Iterator[str]:
    """A path in backticks is a file from the top or beside the text; a bare file name is one of ours anywhere."""
    for quoted in QUOTED.findall(text):
        name = quoted.partition("::")[0]
        if IS_PATH.fullmatch(name) and name not in MADE and not _is_there(path, name):
            yield quoted


def _is_there(path: Path, name: str) -> bool:
    return (ROOT / name).exists() or (path.parent / name).exists() or ("/" not in name and name in names())


def names_in_files(path: Path, text: str) -> Iterator[str]:
    """`cases/stays.py::without_place` is a name in that file."""
    for quoted in QUOTED.findall(text):
        name, sign, wanted = quoted.partition("::")
        if sign and name.endswith(".py") and (ROOT / name).exists() and wanted not in defined(ROOT / name):
            yield quoted


def links(path: Path, text: str) -> Iterator[str]:
    """Links between documents, with the heading that they lead to."""
    for target in LINK.findall(text) if path.suffix == ".md" else ():
        name, _, anchor = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        found = path.parent / name if name else path
        if not found.exists() or (anchor and anchor not in map(slug, headings(found.read_text()))):
            yield target


def commands(path: Path, text: str) -> Iterator[str]:
    yield from (f"manage.py {name}" for name in COMMAND.findall(text) if name not in get_commands())


CHECKS: dict[Check, list[str]] = {
    sections: ["(design 99)", "(domain 2.2 and\n7.7)", "stack 2", "house 4"],
    goals: ["(standards A-99)", "`standards.md` C-99", "Standards F-99", "(standards D.1)"],
    traps: ["(trap 99)"],
    parts_of_the_domain: ["(letter, footnote 9)", "(domain, finding 9)"],
    paths: ["`cases/nowhere.py`", "`nowhere.md`", "`nowhere/`", "`cases/nowhere.py::without_place`"],
    names_in_files: ["`cases/stays.py::nothing`", "`cases/models/course.py::Exit.nothing`"],
    links: ["[x](docs/nowhere.md)", "[x](docs/domain.md#nowhere)", "[x](#nowhere)"],
    commands: ["python manage.py do_nothing", "./run manage do_nothing"],
}
BAD = [
    pytest.param(check, text, id=f"{check.__name__}-{n}") for check, bad in CHECKS.items() for n, text in enumerate(bad)
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_points_nowhere(check: Check) -> None:
    assert [f"{path.relative_to(ROOT)}: {found}" for path, text in sources() for found in check(path, text)] == []


@pytest.mark.parametrize(("check", "text"), BAD)
def test_a_citation_that_points_nowhere_is_found(check: Check, text: str) -> None:
    assert len(list(check(ROOT / "README.md", text))) == 1


def test_the_tables_of_each_room_are_there() -> None:
    table = read("docs/architecture.md").partition("## 4. The model")[2].partition("\n## ")[0]
    for room, told in re.findall(r"^\| `(\w+)/` \| (.+) \|$", table, re.MULTILINE):
        there = {model.__name__ for model in apps.get_app_config(room).get_models()}
        facts = told.partition("besides:")[0] if "besides:" in told else ""
        assert set(re.findall(r"`(\w+)`", told)) <= there, room
        is_fact = {model.__name__ for model in fact_models() if model._meta.app_label == room}
        assert set(re.findall(r"`(\w+)`", facts)) == is_fact, room


def test_every_question_of_the_table_has_a_name_in_a_file() -> None:
    table = read("docs/architecture.md").partition("## 9. Where to find a rule")[2]
    rows = re.findall(r"^\| ([^|]+\?) \| ([^|]+) \|$", table, re.MULTILINE)
    assert len(rows) >= 25
    assert [question for question, where in rows if "::" not in where] == []
