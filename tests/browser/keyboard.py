"""A visitor without a mouse."""

from datetime import date
from itertools import takewhile

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 150


class Keyboard:
    """A visitor who has a keyboard only: goes to things with the tab key, and sees where they are."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> None:
        """Press tab until the target has the focus; it must be visible there."""
        target = target.first
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                outline = target.evaluate(
                    "element => { const s = getComputedStyle(element); return s.outlineStyle + s.boxShadow }"
                )
                assert outline != "nonenone", "de focus is niet te zien"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"met de tabtoets niet te bereiken: {target}")

    def press(self, target: Locator) -> None:
        self.go_to(target)
        self.page.keyboard.press("Enter")

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name))

    def fill(self, label: str, text: str) -> None:
        self.go_to(self.page.get_by_label(label))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        """Choose in a select by typing the option's name."""
        field = self.page.get_by_label(label)
        self.go_to(field)
        # A letter with an accent is no key of its own here; what comes before it says enough.
        self.page.keyboard.type("".join(takewhile(str.isascii, option)))
        expect(field.locator("option:checked")).to_have_text(option)

    def tick(self, name: str) -> None:
        """Choose a radio: tab goes to the group, arrows go through it."""
        radio = self.page.get_by_role("radio", name=name, exact=True)
        group = self.page.locator(f"input[name='{radio.get_attribute('name')}']")
        for _ in range(MOST_TABS):
            if group.evaluate_all("radios => radios.includes(document.activeElement)"):
                break
            self.page.keyboard.press("Tab")
        for _ in range(group.count()):
            if radio.evaluate("radio => radio === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        expect(radio).to_be_checked()

    def day(self, label: str, day: date) -> None:
        self.go_to(self.page.get_by_label(label))
        # The order of the browser's own language, which is English here (see conftest).
        self.page.keyboard.type(f"{day:%m%d%Y}")
        expect(self.page.get_by_label(label)).to_have_value(day.isoformat())
