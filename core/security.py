"""The wall of the outbox. `core/walls.py` explains how walls are declared and laid."""

from core.models import Effect
from core.walls import Grant, Security, Wall

# Every user may reach every effect: it holds ids, codes and dates, and nothing about a person.
SECURITY = Security(walls={Effect: Wall(Grant.EDIT)})
