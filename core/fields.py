"""Model fields."""

from typing import Any

from django.db import models


class CodeField(models.CharField):
    """A CharField whose choices stay out of the migrations.

    Django writes the choices of a field into its migrations, although they do not change the column. Without this
    field, each new permission or role would need a migration that does nothing.
    """

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, kwargs
