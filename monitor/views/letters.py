"""The letter of a release: to read, to download as a document, and to check after somebody finished it."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from monitor.forms.releases import LetterForm
from monitor.models import Edition, Release
from monitor.publishing import letters, proofreading, releases
from monitor.publishing.letters import Letter
from monitor.views.base import download

MOST_FAULTS = 30


@permitted(Permission.SEE_MONITOR, on=Release, reads=True)
def release_letter(request: Visit, release: Release) -> HttpResponse:
    """The letter. A finished letter that is uploaded is compared with it, and not stored."""
    letter = _letter(request, release)
    form = LetterForm(request.POST or None, files=request.FILES or None)
    faults = None
    if form.is_valid():
        try:
            faults = proofreading.proofread(letter, proofreading.read(form.content()))
        except ValidationError as refusal:
            form.refuse(refusal)
    context = {
        "release": release,
        "letter": letter,
        "title": "Brief",
        "form": form,
        "faults": None if faults is None else _first(faults),
    }
    return page(request, "monitor/release_letter.html", context, persons=(), status=form.status)


@permitted(Permission.SEE_MONITOR, on=Release)
def release_letter_file(request: Visit, release: Release, form: str) -> HttpResponse:
    """The letter as docx, to finish it, or as pdf."""
    if form not in ("docx", "pdf"):
        raise Http404
    letter = _letter(request, release)
    name = f"lvv-brief-{release.round.on:%Y-%m-%d}.{form}"
    if form == "pdf":
        return download(letters.as_pdf(letter, at=timezone.now()), name, "application/pdf")
    return download(letters.as_docx(letter), name, letters.DOCX)


def _first(faults: list[str]) -> list[str]:
    """The first faults, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    return [*faults[:MOST_FAULTS], f"En nog {more}."] if more > 0 else faults


def _letter(request: Visit, release: Release) -> Letter:
    """The letter from the public edition; reading it under embargo is recorded in the audit trail."""
    edition = Edition.objects.visible_to(request.user).filter(release=release).first()
    if edition is None:
        raise Http404
    releases.record_if_early(release, by=request.user, at=timezone.now())
    return letters.compose(bytes(edition.document))
