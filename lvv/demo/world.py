"""Builds the demo world by the ordinary acts, each with its day and the moment at which it is recorded."""

from collections.abc import Collection
from datetime import date

from accounts.models import User
from lvv.demo import lives, outsiders
from lvv.demo import today as todays_work
from lvv.demo.diary import Diary
from lvv.demo.scene import Scene
from lvv.demo.shape import TOWNS

SEED = "LVV 2020-11-01"


def plan(users: dict[str, User], towns: Collection[str], *, today: date) -> Diary:
    """A diary of everything that happened in these towns up to `today`. Its acts are still to be carried out."""
    diary = Diary(users, today=today)
    scenes = {town.name: Scene(town, diary, SEED) for town in TOWNS if town.name in towns}
    lives.populate(scenes)
    for scene in scenes.values():
        outsiders.populate(scene)
        todays_work.populate(scene)
    return diary
