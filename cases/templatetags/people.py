"""How a page names the person of a case."""

from django import template
from django.utils.html import format_html

from cases.models import Case

register = template.Library()


@register.simple_tag
def person(case: Case) -> str:
    """The name, apart from the text around it: Arabic runs the other way. Without a person, what became of them."""
    return format_html("<bdi>{}</bdi>", case.person.identity.full_name) if case.person else "Gegevens vernietigd"
