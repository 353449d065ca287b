"""The style sheets: sizes from one scale, and no rule that nothing asks for."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
FOLDER = ROOT / "lvv" / "static" / "lvv"
SHEETS = sorted(path.name for path in FOLDER.glob("*.css"))
LINKS = (ROOT / "templates" / "components" / "stylesheets.html").read_text()
# So many distinct sizes has the whole scale, type and space together.
MOST_SIZES = 40


def _rules(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (FOLDER / name).read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("name", [name for name in SHEETS if name != "tokens.css"])
def test_a_size_is_a_token(name: str) -> None:
    assert re.findall(r"[\d.]+rem\b", _rules(name)) == []


def test_the_scale_is_short_and_used() -> None:
    tokens = _rules("tokens.css")
    assert len(set(re.findall(r"[\d.]+rem\b", tokens))) <= MOST_SIZES
    everywhere = "".join(map(_rules, SHEETS))
    ours = set(re.findall(r"(--lvv-[\w-]+):", tokens))
    assert {token for token in ours if f"var({token})" not in everywhere} == set()
    assert set(re.findall(r"var\((--lvv-[\w-]+)", everywhere)) <= set(re.findall(r"(--lvv-[\w-]+):", everywhere))


def test_every_sheet_reaches_the_page_once() -> None:
    assert sorted(re.findall(r"'lvv/([\w-]+\.css)'", LINKS)) == SHEETS


def test_every_class_that_a_sheet_dresses_is_worn() -> None:
    """By a template, a form, a chart or a script; a kind may be put behind its component by a tag."""
    ours = [ROOT / app for app in settings.INSTALLED_APPS if (ROOT / app).exists()]
    paths = [path for folder in (ROOT / "templates", *ours) for path in folder.rglob("*")]
    worn = "".join(path.read_text() for path in paths if path.suffix in {".html", ".py", ".js"})
    dressed = {found for name in SHEETS for found in re.findall(r"\.(lvv-[\w-]+)", _rules(name))}
    assert {one for one in dressed if one not in worn and re.sub(r"--\w+$|-\d$", "", one) not in worn} == set()
