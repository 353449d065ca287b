"""The demo world: built by the ordinary acts, each with its day and the moment it was recorded."""

from datetime import date

from django.db import transaction

from lvv.demo import accounts, lives, outsiders
from lvv.demo import today as todays_work
from lvv.demo.diary import Diary
from lvv.demo.scene import Scene
from lvv.demo.shape import TOWNS

SEED = "LVV 2020-11-01"


@transaction.atomic
def build(*, today: date) -> None:
    """Hire the cast and let everything happen up to `today`; whole or not at all."""
    diary = Diary(accounts.hire(), today=today)
    scenes = {town.name: Scene(town, diary, SEED) for town in TOWNS}
    lives.populate(scenes)
    for scene in scenes.values():
        outsiders.populate(scene)
        todays_work.populate(scene)
    diary.carry_out()
