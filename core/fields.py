"""Kinds of columns."""

from typing import Any

from django.db import models


class CodeField(models.CharField):
    """A code out of a list that grows: the database keeps the code and knows nothing of the list.

    Django writes the choices of a field into its migrations, although they shape no column; a new permission would need
    a migration that changes nothing. This field leaves them out.
    """

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, kwargs
