"""Two addresses that say whether the site is up and whether it can serve, for the container engine and the manager.

They are open to everybody, so the answers hold a word for each check, and no numbers or names.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import sealing
from core import outbox


@transaction.non_atomic_requests
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process is up. It does not ask the database, so that a slow database doesn't get the site restarted."""
    return HttpResponse("ok", content_type="text/plain")


@transaction.non_atomic_requests
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answers 503 when the site can't serve safely. A fault that only delays work (broker, workers) is a warning."""
    now = timezone.now()
    checks = {name: "ok" if _holds(check) else "failed" for name, check in NEEDED.items()}
    can_serve = "failed" not in checks.values()
    if can_serve:
        checks |= {name: "ok" if _holds(check, now) else "warning" for name, check in WATCHED.items()}
    status = "ok" if set(checks.values()) == {"ok"} else "warning" if can_serve else "failed"
    return JsonResponse({"status": status, "checks": checks}, status=200 if can_serve else 503)


def _holds(check: Callable[..., bool], *arguments: datetime) -> bool:
    """Whether a check passes. It fails when the database gives an error."""
    try:
        with transaction.atomic():
            return check(*arguments)
    except DatabaseError:
        return False


def is_reachable() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        return cursor.fetchone() == (1,)


def is_migrated() -> bool:
    """Whether all migrations of this version were applied."""
    return _newest_migrations() <= set(MigrationRecorder(connection).applied_migrations())


def is_walled() -> bool:
    """Whether the second wall holds for the web's role: it is no superuser, has no BYPASSRLS and owns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select not (rolsuper or rolbypassrls) and not exists (select from pg_class where relowner = r.oid)"
            " from pg_roles r where rolname = current_user"
        )
        return bool(cursor.fetchone()[0])


def effects_flow(now: datetime) -> bool:
    return not outbox.late(now).exists()


def none_is_parked(now: datetime) -> bool:
    return not outbox.parked().exists()


def audit_is_sealed(now: datetime) -> bool:
    return not sealing.TRAIL.is_overdue(at=now)


def audit_is_whole(now: datetime) -> bool:
    return not sealing.was_broken()


def broker_answers(now: datetime) -> bool:
    return bool(settings.REDIS_URL) and outbox.waker.reaches_broker()


@cache
def _newest_migrations() -> set[tuple[str, str]]:
    return set(MigrationLoader(None).graph.leaf_nodes())


NEEDED: dict[str, Callable[[], bool]] = {
    "database": is_reachable,
    "migrations": is_migrated,
    "roles": is_walled,
}
WATCHED: dict[str, Callable[[datetime], bool]] = {
    "effects": effects_flow,
    "parked": none_is_parked,
    "audit_sealed": audit_is_sealed,
    "audit_whole": audit_is_whole,
    "broker": broker_answers,
}
