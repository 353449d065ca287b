"""The walls of the outbox. How walls are declared and laid stands in `core/walls.py`."""

from core.models import Effect
from core.walls import Grant, Security, Wall

# No row of it says anything about a person: ids, codes and dates.
SECURITY = Security(walls={Effect: Wall(Grant.EDIT)})
